import { existsSync, readFileSync, truncateSync } from "node:fs";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager, validate } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { callingMessage, resultMessage, spokenOn } from "./tool-messages.ts";

/** A session with a message that waited for a tool call, the call's result, the message in its place, and one behind it. */
async function withWaitedFor() {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("hi"));
  const call = await transcript.append(callingMessage("c1"));
  const waited = await transcript.append(userMessage("waited"), { idempotencyKey: "w" });
  await transcript.append(resultMessage("c1"));
  await transcript.append(userMessage("the end of one branch"));
  return { file, call, waited };
}

async function errorsIn(file: string): Promise<readonly string[]> {
  const { findings } = await validate(file);
  return findings.flatMap(({ severity, code, message }) => (severity === "E" ? [`${code} ${message}`] : []));
}

test("a message that waited for a tool call is on every branch that goes on from before its place, under an id of its own", async () => {
  const { file, waited } = await withWaitedFor();

  await withSessionWriteLock(file, () => {
    const manager = SessionManager.open(file);
    manager.branch(waited.entry.id);
    manager.appendMessage(resultMessage("c1"));
    manager.appendMessage(userMessage("the end of the other"));
  });
  await using transcript = await openTranscript(file);
  const branch = await transcript.branch();
  const repeat = await transcript.append(userMessage("waited"), { idempotencyKey: "w" });

  expect(readRaw(file).visible).toEqual(["hi", "c1", "result of c1", "waited", "the end of the other"]);
  expect(branch.map(({ id }) => id)).toEqual(readRaw(file).branch.map(({ id }) => id));
  expect(branch.map(({ id }) => id)).not.toContain(waited.messageId);
  expect(repeat).toMatchObject({ repeated: true, messageId: waited.messageId });
  expect(new Set(readRaw(file).entries.map(({ id }) => id)).size).toBe(readRaw(file).entries.length);
  expect(await errorsIn(file)).toEqual([]);
});

test("so it is where the branch was left before the message came to its place, which a crash had prevented", async () => {
  const { file, waited } = await withWaitedFor();
  const bytes = readFileSync(file);
  // The result is there, and what it brings is not.
  truncateSync(file, bytes.indexOf(`{"type":"message","id":"${waited.messageId}"`));

  await withSessionWriteLock(file, () => {
    const manager = SessionManager.open(file);
    manager.branch(waited.entry.id);
    manager.appendMessage(userMessage("the other branch"));
  });

  expect(readRaw(file).visible.filter((text) => text === "waited")).toEqual(["waited"]);
  expect(new Set(readRaw(file).entries.map(({ id }) => id)).size).toBe(readRaw(file).entries.length);
  expect(await errorsIn(file)).toEqual([]);
});

test("where a branch goes on from between a call and its result, each turn that waited is there with its calls answered", async () => {
  const file = tempSession();
  const last = await (async () => {
    await using transcript = await openTranscript(file);
    await transcript.append(callingMessage("c1"));
    await transcript.append(userMessage("steer"));
    await transcript.append(callingMessage("c2", "c3"));
    return await transcript.append(resultMessage("c2"));
  })();

  await withSessionWriteLock(file, () => {
    const manager = SessionManager.open(file);
    manager.appendSessionInfo("moves on");
    manager.branch(last.entry.id);
    manager.appendMessage(userMessage("the other branch"));
  });

  await using transcript = await openTranscript(file);
  const { said, misplaced } = spokenOn(await transcript.branch());
  const interrupted = "tool call interrupted; no result recorded";
  expect(misplaced).toEqual([]);
  expect(said).toEqual([
    ...["c1", interrupted, "steer", "c2+c3", "result of c2", interrupted],
    "the other branch",
  ]);
  expect(await errorsIn(file)).toEqual([]);
});

test("the id that a manager gave for a message that waits leads to it wherever an entry's id does", async () => {
  const file = tempSession();

  await withSessionWriteLock(file, () => {
    const manager = SessionManager.open(file);
    manager.appendMessage(userMessage("hi"));
    manager.appendMessage(callingMessage("c1"));
    const id = manager.appendMessage(userMessage("waits"));
    const label = manager.appendLabelChange(id, "here");

    expect(manager.getBranch(id).map(({ type }) => type)).toEqual(["message", "message", "custom"]);
    expect(manager.getChildren(id).map((child) => child.id)).toEqual([label]);
    manager.branchWithSummary(id, "left");
    expect(readRaw(file).visible).toContain("hi");
    const branched = manager.createBranchedSession(id) ?? "";
    expect(existsSync(branched)).toBe(true);
    expect(manager.buildSessionContext().messages.map(({ role }) => role)).toContain("assistant");
  });

  expect(await errorsIn(file)).toEqual([]);
});
