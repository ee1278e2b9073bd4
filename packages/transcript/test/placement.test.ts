import { readFileSync, writeFileSync } from "node:fs";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import {
  appendAssistantMessageToSessionTranscript,
  onSessionTranscriptUpdate,
  openSessionStore,
  openTranscript,
  SessionManager,
  validate,
} from "../src/index.ts";
import type { SessionEntry } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { tempFolder, tempSession } from "./temp-session.ts";
import { callingMessage, resultMessage, spokenOn } from "./tool-messages.ts";

async function saidIn(file: string): Promise<readonly string[]> {
  await using transcript = await openTranscript(file);
  return spokenOn(await transcript.branch()).said;
}

test("a message that comes while tool calls are open is stored at once and follows their last result", async () => {
  const file = tempSession();
  await using run = await openTranscript(file);
  await using other = await openTranscript(file);
  await run.append(callingMessage("c1", "c2"));

  const steered = await other.append(userMessage("steer"), { idempotencyKey: "k" });
  const stored = readFileSync(file, "utf8").includes("steer");
  await run.append(resultMessage("c2"));
  const before = await saidIn(file);
  await run.append(resultMessage("c1"));
  const repeat = await other.append(userMessage("steer"), { idempotencyKey: "k" });

  expect(steered).toMatchObject({
    placement: "deferred",
    repeated: false,
    entry: { type: "custom", customType: "session-lock.deferred" },
  });
  expect(stored).toBe(true);
  expect(before).toEqual(["c1+c2", "result of c2"]);
  expect(await saidIn(file)).toEqual(["c1+c2", "result of c2", "result of c1", "steer"]);
  expect(repeat).toMatchObject({
    placement: "branch",
    repeated: true,
    messageId: steered.messageId,
    entry: { id: steered.messageId, type: "message", deferredFrom: steered.entry.id },
  });
});

test("the result of the same write brings the waiting messages with it, in the order they came", async () => {
  const file = tempSession();
  await using run = await openTranscript(file);
  await run.append(callingMessage("c1"));
  await run.append(userMessage("one"));
  await run.append(assistantMessage("two"));
  const writes: (readonly SessionEntry[])[] = [];
  await Promise.resolve(); // what was appended until here has been reported
  const stop = onSessionTranscriptUpdate(({ entries }) => writes.push(entries));
  await run.append(resultMessage("c1"));
  await Promise.resolve();
  stop();

  expect(writes.map((entries) => spokenOn(entries).said)).toEqual([["result of c1", "one", "two"]]);
});

test("two runs with tool calls at the same time become one after the other", async () => {
  const file = tempSession();
  await using one = await openTranscript(file);
  await using two = await openTranscript(file);
  await one.append(callingMessage("a1", "a2"));
  await two.append(callingMessage("b1"));
  await one.append(resultMessage("a1"));
  await two.append(resultMessage("b1"));
  await two.append(assistantMessage("b done"));
  await one.append(resultMessage("a2"));
  await one.append(assistantMessage("a done"));

  expect(await saidIn(file)).toEqual([
    "a1+a2",
    "result of a1",
    "result of a2",
    "b1",
    "result of b1",
    "b done",
    "a done",
  ]);
  expect((await validate(file)).ok).toBe(true);
});

test("wherever a crash cuts the write that closes a group, the next append completes it once", async () => {
  const file = tempSession();
  await using run = await openTranscript(file, { durability: "os" });
  await run.append(callingMessage("c1"));
  await run.append(userMessage("one"));
  await run.append(userMessage("two"));
  const before = readFileSync(file).length;
  await run.append(resultMessage("c1"));
  const after = readFileSync(file);

  for (let cut = before + 1; cut <= after.length; cut += 7) {
    const copy = tempSession();
    writeFileSync(copy, after.subarray(0, cut));
    await using recovered = await openTranscript(copy, { durability: "os" });
    await recovered.closeToolCalls();
    await recovered.append(userMessage("three"));
    const { said, misplaced } = spokenOn(await recovered.branch());
    expect(said.filter((text) => !text.startsWith("result") && !text.startsWith("tool call"))).toEqual([
      "c1",
      "one",
      "two",
      "three",
    ]);
    expect(misplaced).toEqual([]);
    expect((await validate(copy)).findings.filter(({ severity }) => severity === "E")).toEqual([]);
  }
});

test("a run that is stopped answers its calls as interrupted, and results that come later are kept beside", async () => {
  const file = tempSession();
  await using run = await openTranscript(file);
  await run.append(callingMessage("c1", "c2"));
  await run.append(userMessage("waiting"));
  await run.append(resultMessage("c1"));

  const closed = await run.closeToolCalls();
  const late = await run.append(resultMessage("c2"));
  const again = await run.closeToolCalls();

  expect(closed.map(({ entry }) => entry)).toMatchObject([
    { message: { role: "toolResult", toolCallId: "c2", toolName: "read", isError: true } },
  ]);
  expect(again).toEqual([]);
  expect(late).toMatchObject({
    placement: "late",
    entry: {
      customType: "session-lock.late-result",
      data: { entry: { message: { toolCallId: "c2", isError: false } } },
    },
  });
  expect(await saidIn(file)).toEqual([
    "c1+c2",
    "result of c1",
    "tool call interrupted; no result recorded",
    "waiting",
  ]);
});

test("a failed turn waits for no results", async () => {
  const file = tempSession();
  await using run = await openTranscript(file);
  await run.append({ ...callingMessage("c1"), stopReason: "aborted" });

  expect(await run.append(userMessage("next"))).toMatchObject({ placement: "branch" });
});

test("a session manager keeps the order too, and a message of an extension waits like any other", async () => {
  const file = tempSession();
  const manager = SessionManager.open(file);

  await withSessionWriteLock(file, () => {
    manager.appendMessage(callingMessage("c1"));
    manager.appendMessage(userMessage("steer"));
    manager.appendCustomMessageEntry("note", "extension", true);
    manager.appendCustomEntry("data", {});
    manager.appendMessage(resultMessage("c1"));
  });

  expect(manager.getBranch().map(({ type }) => type)).toEqual([
    "message",
    "custom",
    "custom",
    "custom",
    "message",
    "message",
    "custom_message",
  ]);
  expect(manager.buildSessionContext().messages.map(({ role }) => role)).toEqual([
    "assistant",
    "toolResult",
    "user",
    "custom",
  ]);
});

test("a new branch from open calls answers them, as their results go to the branch that was left", async () => {
  const file = tempSession();
  const manager = SessionManager.open(file);

  await withSessionWriteLock(file, () => {
    const calling = manager.appendMessage(callingMessage("c1"));
    manager.appendMessage(resultMessage("c1"));
    manager.branch(calling);
    manager.appendMessage(userMessage("instead"));
  });

  expect(await saidIn(file)).toEqual(["c1", "tool call interrupted; no result recorded", "instead"]);
});

test("a delivery mirror during a run tells the id that its message will have", async () => {
  const storePath = tempFolder();
  const sessionKey = "agent:main:main";
  const { sessionFile, sessionId } = await openSessionStore(storePath).ensure(sessionKey);
  await using run = await openTranscript(sessionFile, { expectedSessionId: sessionId });
  await run.append(callingMessage("c1"));

  const result = await appendAssistantMessageToSessionTranscript({ sessionKey, storePath, text: "mirror" });
  await run.append(resultMessage("c1"));

  expect(result).toMatchObject({ ok: true, messageId: run.leafId });
  expect(await saidIn(sessionFile)).toEqual(["c1", "result of c1", "mirror"]);
});

test("a model that is asked while calls are open is asked after what waits for them too", async () => {
  await using run = await openTranscript(tempSession());
  await run.append(callingMessage("c1"));
  await run.append(userMessage("steer"));

  const { messages } = await run.context();

  expect(messages.at(-1)).toMatchObject({ role: "user", content: [{ text: "steer" }] });
});

test("the context is the same at every look while messages wait for tool calls", async () => {
  const file = tempSession();
  await using run = await openTranscript(file);
  await run.append(callingMessage("c1"));
  await withSessionWriteLock(file, () => {
    SessionManager.open(file).appendCustomMessageEntry("note", "waits", true);
  });
  const { entry } = await run.append(userMessage("waits too"));

  const first = await run.context();
  // The clock has moved on, as far as entries show it.
  await expect.poll(() => new Date().toISOString() > entry.timestamp).toBe(true);
  await run.appendCustom("x", {});
  const second = await run.context();

  expect(JSON.stringify(first.messages)).toContain("waits");
  expect(second.messages).toEqual(first.messages);
});

test("a message as long as one may be waits for tool calls as any other, and those of the same write with it", async () => {
  const file = tempSession();
  await using run = await openTranscript(file);
  const room =
    64 * 1024 * 1024 - 64 * 1024 - JSON.stringify({ message: userMessage("") }).slice(1, -1).length;
  await run.append(callingMessage("c1"));

  const appends = await Promise.allSettled([
    run.append(userMessage("x".repeat(room))),
    run.append(resultMessage("c1")),
  ]);

  expect(appends).toMatchObject([
    { status: "fulfilled", value: { placement: "deferred" } },
    { status: "fulfilled", value: { placement: "branch" } },
  ]);
  expect((await saidIn(file)).map(({ length }) => length)).toEqual([2, "result of c1".length, room]);
}, 600_000);

test("what waits comes onto the branch however deep it is nested, as a thread with a larger stack may have written it", async () => {
  const file = tempSession();
  const run = await openTranscript(file);
  await run.append(callingMessage("c1"));
  await run.append({ ...userMessage("waits"), idempotencyKey: "deep" });
  await run.close();
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  writeFileSync(file, readFileSync(file, "utf8").replaceAll('"deep"', deep));
  await using next = await openTranscript(file);

  const { messages } = await next.context();
  const { placement } = await next.append(resultMessage("c1"));

  expect(messages.at(-1)).toMatchObject({ content: [{ text: "waits" }] });
  expect(placement).toBe("branch");
  expect((await saidIn(file)).at(-1)).toBe("waits");
});
