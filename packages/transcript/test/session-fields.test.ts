import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { SessionManager } from "../src/index.ts";
import type { SessionEntry, SessionHeader } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

/** What gateways up to OpenClaw 2026.5 reach for, which is private in pi's class. */
interface Fields {
  sessionId: string;
  cwd: string;
  flushed: boolean;
  fileEntries: (Partial<SessionHeader> | SessionEntry)[];
  byId: Map<string, unknown>;
  labelsById: Map<string, string>;
  leafId: string | null;
}

function fieldsOf(session: SessionManager): Fields {
  return session as unknown as Fields;
}

test("the fields show the session and grow with it, staying the same objects", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    const fields = fieldsOf(session);
    const { fileEntries, byId, labelsById } = fields;
    expect(fields.flushed).toBe(false);

    const one = session.appendMessage(userMessage("one"));
    session.appendLabelChange(one, "start");
    SessionManager.open(file).appendMessage(assistantMessage("by another"));
    const last = session.appendMessage(userMessage("two"));

    expect(fields.fileEntries).toBe(fileEntries);
    expect(fileEntries).toEqual([session.getHeader(), ...session.getEntries()]);
    expect(fileEntries).toHaveLength(5);
    expect([...byId.keys()]).toEqual(session.getEntries().map(({ id }) => id));
    expect([...labelsById]).toEqual([[one, "start"]]);
    expect(fields).toMatchObject({ flushed: true, leafId: last, sessionId: session.getSessionId() });
  });
});

test("a gateway that names a new session through the fields finds that name in the file", async () => {
  const file = tempSession();
  const session = SessionManager.open(file);
  const fields = fieldsOf(session);
  const header = fields.fileEntries.find(({ type }) => type === "session") as { id: string; cwd: string };
  header.id = "named";
  header.cwd = "/elsewhere";
  fields.sessionId = "named";
  fields.cwd = "/elsewhere";

  await withSessionWriteLock(file, () => session.appendMessage(userMessage("one")));

  expect(JSON.parse(readFileSync(file, "utf8").split("\n", 1)[0] ?? "")).toMatchObject({
    id: "named",
    cwd: "/elsewhere",
  });
  expect(session.getSessionId()).toBe("named");
  expect(session.getCwd()).toBe("/elsewhere");
});

test("a gateway that empties a session without an answer through the fields starts it over", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, () =>
    SessionManager.open(file).appendMessage(userMessage("lost on purpose")),
  );
  const session = SessionManager.open(file);
  const fields = fieldsOf(session);
  const header = fields.fileEntries[0] ?? {};

  await withSessionWriteLock(file, async () => {
    await writeFile(file, "");
    fields.fileEntries = [header];
    fields.byId.clear();
    fields.labelsById.clear();
    fields.leafId = null;
    fields.flushed = false;
    expect(session.getEntries()).toEqual([]);
    session.appendMessage(userMessage("one"));
    session.appendMessage(assistantMessage("two"));
  });

  expect(readRaw(file)).toMatchObject({ headers: 1, forks: 0, visible: ["one", "two"] });
  expect(session.getHeader()).toEqual(header);
  expect(fields.fileEntries).toEqual([header, ...session.getEntries()]);
});

test("a gateway that takes the last entry back and rewrites the file goes on from the one before", async () => {
  const file = tempSession();
  await withSessionWriteLock(file, async () => {
    const session = SessionManager.open(file);
    const fields = fieldsOf(session);
    const { fileEntries } = fields;
    const one = session.appendMessage(userMessage("one"));
    const empty = session.appendMessage(assistantMessage(""));

    fileEntries.pop();
    fields.byId.delete(empty);
    fields.leafId = one;
    await writeFile(file, fileEntries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    expect(session.getEntries().map(({ id }) => id)).toEqual([one]);
    session.appendMessage(assistantMessage("two"));

    expect(fields.fileEntries).toBe(fileEntries);
    expect(fileEntries).toHaveLength(3);
  });

  expect(readRaw(file)).toMatchObject({ headers: 1, forks: 0, visible: ["one", "two"] });
});

test("the entries of a session in memory can be replaced", () => {
  const session = SessionManager.inMemory("/w");
  const one = session.appendMessage(userMessage("one"));
  session.appendMessage(assistantMessage("two"));
  const fields = fieldsOf(session);

  fields.fileEntries = fields.fileEntries.slice(0, 2);

  expect(session.getEntries().map(({ id }) => id)).toEqual([one]);
  expect(session.getLeafId()).toBe(one);
});

test("the fields are not listed, so that a manager prints and compares as before", () => {
  const file = tempSession();

  expect(Object.keys(SessionManager.open(file))).toEqual([]);
  expect(existsSync(file)).toBe(false);
});
