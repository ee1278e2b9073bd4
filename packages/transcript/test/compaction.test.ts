import { expect, test } from "vitest";
import { openTranscript, SessionManager, validate } from "../src/index.ts";
import { assistantMessage, userMessage } from "./messages.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";
import { callingMessage, resultMessage } from "./tool-messages.ts";
import { withSessionWriteLock } from "session-lock";

test("a summary is made while appends go on, and they stay in the context behind what is kept", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await using other = await openTranscript(file, { lockTimeoutMs: 10_000 });
  await transcript.append(userMessage("old"));
  const kept = await transcript.append(assistantMessage("kept"));

  const compacted = await transcript.compact(async (branch) => {
    await other.append(userMessage("meanwhile"));
    return { summary: `${branch.length} entries`, firstKeptEntryId: kept.entry.id, tokensBefore: 10 };
  });

  expect(compacted).toMatchObject({
    placement: "branch",
    entry: { type: "compaction", summary: "2 entries", firstKeptEntryId: kept.entry.id, tokensBefore: 10 },
  });
  expect(readRaw(file)).toMatchObject({ forks: 0, visible: ["old", "kept", "meanwhile"] });
  const { messages } = await transcript.context();
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect((await validate(file)).ok).toBe(true);
});

test("a summariser that gives nothing leaves all as it is", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));

  expect(await transcript.compact(() => Promise.resolve(undefined))).toBeUndefined();
  await expect(transcript.compact(() => Promise.reject(new Error("no model")))).rejects.toThrow("no model");

  expect(readRaw(file).entries).toHaveLength(1);
});

test("a summary of a branch that was left meanwhile is a conflict", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const root = await transcript.append(userMessage("one"));
  const kept = await transcript.append(assistantMessage("two"));

  const compacting = transcript.compact(async () => {
    await withSessionWriteLock(file, () => {
      const manager = SessionManager.open(file);
      manager.branch(root.entry.id);
      manager.appendMessage(assistantMessage("another two"));
    });
    return { summary: "s", firstKeptEntryId: kept.entry.id, tokensBefore: 1 };
  });

  await expect(compacting).rejects.toMatchObject({ code: "CONFLICT" });
  expect(readRaw(file).entries.map(({ type }) => type)).toEqual(["message", "message", "message"]);
});

test("of two summaries of one branch the second is a conflict", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const { entry } = await transcript.append(userMessage("one"));
  const compaction = { summary: "s", firstKeptEntryId: entry.id, tokensBefore: 1 };

  const outcomes = await Promise.allSettled([
    transcript.compact(() => Promise.resolve(compaction)),
    transcript.compact(() => Promise.resolve(compaction)),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(readRaw(file).entries.map(({ type }) => type)).toEqual(["message", "compaction"]);
});

test.each([
  ["a result", 2],
  ["a message that waits for results", 3],
])("a cut at %s is a conflict, as it parts a call from its results", async (_, place) => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const written = await transcript.appendMany([
    { message: userMessage("one") },
    { message: callingMessage("c1", "c2") },
    { message: resultMessage("c1") },
    { message: userMessage("steer") },
  ]);
  const firstKeptEntryId = written[place]?.entry.id ?? "";

  const compacting = transcript.compact(() =>
    Promise.resolve({ summary: "s", firstKeptEntryId, tokensBefore: 1 }),
  );

  await expect(compacting).rejects.toMatchObject({ code: "CONFLICT" });
});

test.each([
  ["a compaction whose details are no JSON", { summary: "s", details: 1n }, { code: "INVALID_MESSAGE" }],
  ["a compaction that is none", null, { code: "INVALID_MESSAGE" }],
  ["an ill-typed choice of tool calls", undefined, expect.any(TypeError) as unknown],
])("%s fails alone, and not the appends that share its write", async (_, compaction, reason) => {
  const file = tempSession();
  await using transcript = await openTranscript(file, { durability: "batch" });
  const { entry } = await transcript.append(callingMessage("c1"));
  const wrong = { ...compaction, firstKeptEntryId: entry.id, tokensBefore: 1 };

  // In two milliseconds they all come together, and share one write.
  const outcomes = await Promise.allSettled([
    transcript.append(userMessage("one")),
    compaction === undefined
      ? transcript.closeToolCalls({ toolCallIds: null as never })
      : transcript.compact(() => Promise.resolve((compaction && wrong) as never)),
    transcript.append(resultMessage("c1")),
  ]);

  expect(outcomes).toMatchObject([
    { status: "fulfilled" },
    { status: "rejected", reason },
    { status: "fulfilled" },
  ]);
});
