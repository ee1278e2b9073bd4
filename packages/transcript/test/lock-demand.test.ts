import { existsSync, readFileSync } from "node:fs";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
import { afterEach, expect, test, vi } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const MUTATORS: readonly (readonly [string, (session: SessionManager, id: string) => string])[] = [
  ["appendMessage", (session) => session.appendMessage(userMessage("two"))],
  ["appendThinkingLevelChange", (session) => session.appendThinkingLevelChange("high")],
  ["appendModelChange", (session) => session.appendModelChange("p", "m")],
  ["appendCompaction", (session, id) => session.appendCompaction("so far", id, 10)],
  ["appendCustomEntry", (session) => session.appendCustomEntry("x", { a: 1 })],
  ["appendCustomMessageEntry", (session) => session.appendCustomMessageEntry("x", "text", true)],
  ["appendSessionInfo", (session) => session.appendSessionInfo("name")],
  ["appendLabelChange", (session, id) => session.appendLabelChange(id, "label")],
  ["branchWithSummary", (session, id) => session.branchWithSummary(id, "left")],
];

async function sessionWithOneEntry(): Promise<{ readonly file: string; readonly id: string }> {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const { entry } = await transcript.append(userMessage("one"));
  return { file, id: entry.id };
}

test.each(MUTATORS)(
  "%s without the lock throws UNLOCKED and writes nothing, with it writes",
  async (_, mutate) => {
    const { file, id } = await sessionWithOneEntry();
    const before = readFileSync(file);
    const session = SessionManager.open(file);

    expect(() => mutate(session, id)).toThrow(
      expect.objectContaining({ code: "UNLOCKED", sessionFile: file }),
    );
    expect(readFileSync(file)).toEqual(before);
    expect(session.getLeafId()).toBe(id);
    const written = await withSessionWriteLock(file, () => mutate(session, id));

    expect(readRaw(file).entries.map((entry) => entry.id)).toEqual([id, written]);
  },
);

test("a new session is not made without the lock either", () => {
  const file = tempSession();

  expect(() => SessionManager.open(file).appendMessage(userMessage("one"))).toThrow(
    expect.objectContaining({ code: "UNLOCKED" }),
  );

  expect(existsSync(file)).toBe(false);
});

test("the lock may be held by a handle of this process", async () => {
  const { file } = await sessionWithOneEntry();

  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try {
    SessionManager.open(file).appendMessage(assistantMessage("two"));
  } finally {
    await lock.release();
  }

  expect(readRaw(file).visible).toEqual(["one", "two"]);
});

test("the lock may be given, and counts as long as it is held", async () => {
  const { file } = await sessionWithOneEntry();

  const given = await withSessionWriteLock(file, (lock) => {
    const session = SessionManager.open(file, { lock });
    session.appendMessage(userMessage("three"));
    return session;
  });

  expect(readRaw(file).visible).toEqual(["one", "three"]);
  expect(() => given.appendMessage(userMessage("four"))).toThrow(
    expect.objectContaining({ code: "RELEASED" }),
  );
});

test("the lock of another file does not count", async () => {
  const { file } = await sessionWithOneEntry();
  const other = await sessionWithOneEntry();

  await withSessionWriteLock(other.file, (lock) => {
    expect(() => SessionManager.open(file).appendMessage(userMessage("two"))).toThrow(
      expect.objectContaining({ code: "UNLOCKED" }),
    );
    expect(() => SessionManager.open(file, { lock }).appendMessage(userMessage("two"))).toThrow(
      expect.objectContaining({ code: "UNLOCKED" }),
    );
  });
});

test("a session manager opened before others wrote does not fork the session", async () => {
  const { file } = await sessionWithOneEntry();
  const stale = SessionManager.open(file);
  stale.getEntries();
  await using transcript = await openTranscript(file);
  await transcript.append(assistantMessage("two"));

  const id = await withSessionWriteLock(file, () => stale.appendMessage(userMessage("three")));

  expect(readRaw(file)).toMatchObject({ forks: 0, visible: ["one", "two", "three"] });
  expect(stale.getBranch().map((entry) => entry.id)).toHaveLength(3);
  expect(stale.getLeafId()).toBe(id);
});

test("what is not guarded by policy warns or is let through", async () => {
  const { file } = await sessionWithOneEntry();
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();

  SessionManager.open(file, { unguarded: "warn" }).appendMessage(assistantMessage("two"));
  SessionManager.open(file, { unguarded: "allow" }).appendMessage(userMessage("three"));
  vi.stubEnv("SESSION_LOCK_UNGUARDED", "allow");
  SessionManager.open(file).appendMessage(assistantMessage("four"));

  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(file), {
    code: "SESSION_LOCK_UNGUARDED",
  });
  expect(readRaw(file).visible).toEqual(["one", "two", "three", "four"]);
  expect(() => SessionManager.open(file, { unguarded: "throw" }).appendMessage(userMessage("five"))).toThrow(
    expect.objectContaining({ code: "UNLOCKED" }),
  );
});
