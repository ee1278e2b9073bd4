import { join } from "node:path";
import {
  onSessionTranscriptUpdate,
  openTranscript,
  SessionManager,
  type AgentMessage,
} from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { expect, test, vi } from "vitest";
import type { HistoryRow } from "../../src/protocol/chat-history.ts";
import { readHistory } from "../../src/session/history.ts";
import { toolCallMessage, toolResultMessage, userMessage } from "../../src/session/messages.ts";
import { MessageNews } from "../../src/session/session-messages.ts";
import { temporaryStateDir } from "../temporary-gateway.ts";

const call = { id: "call-1", name: "look", arguments: {} };
const model = { api: "scripted", provider: "test", model: "scripted" };

/** A transcript whose messages are told, and how often its whole branch was read for that. */
async function followed(dir: string) {
  const file = join(dir, "chat.jsonl");
  const transcript = await openTranscript(file, { create: { sessionId: "chat" } });
  const told: HistoryRow[] = [];
  const news = new MessageNews({
    sessionMessage: (_key, payload) => told.push((payload as { message: HistoryRow }).message),
  });
  const branch = vi.spyOn(transcript, "branch");
  let telling: Promise<unknown> = Promise.resolve();
  const unfollow = onSessionTranscriptUpdate(({ entries }) => {
    telling = Promise.all([telling, news.tell({ sessionKey: "main", transcript }, entries)]);
  });
  return {
    file,
    transcript,
    say: (text: string) => transcript.append(userMessage(text, 1)),
    /** What was told since the last time, and what the history has of the same messages. */
    async compare() {
      await new Promise(setImmediate);
      await telling;
      const walks = branch.mock.calls.length;
      const rows = told.splice(0);
      const page = readHistory(await transcript.branch(), { limit: 1_000, offset: 0 }).messages;
      branch.mockClear();
      const ids = rows.map((row) => row.__openclaw.id);
      return { rows, stored: page.filter((row) => ids.includes(row.__openclaw.id)), walks };
    },
    async [Symbol.asyncDispose]() {
      unfollow();
      await transcript.close();
    },
  };
}

test("messages that come one after another are told as the history has them, and the branch is read once", async () => {
  await using dir = await temporaryStateDir();
  await using chat = await followed(dir.path);

  for (let count = 0; count < 50; count += 1) await chat.say(`message ${count}`);
  await chat.transcript.appendMany([
    { message: userMessage("one", 1) },
    { customType: "note" },
    { message: userMessage("two", 1) },
  ]);
  const { rows, stored, walks } = await chat.compare();

  expect(rows).toHaveLength(52);
  expect(rows).toEqual(stored);
  expect(walks).toBe(1);
});

test("a message that waited for tool results is told with the place that it gets", async () => {
  await using dir = await temporaryStateDir();
  await using chat = await followed(dir.path);

  await chat.say("go");
  await chat.transcript.append(toolCallMessage({ text: "" }, [call], model, 1));
  await chat.say("a deferred one");
  const result: AgentMessage = toolResultMessage(
    call,
    { toolCallId: "call-1", text: "seen", isError: false },
    1,
  );
  await chat.transcript.append(result);
  const { rows, stored, walks } = await chat.compare();

  expect(rows.map(({ role }) => role)).toEqual(["user", "assistant", "toolResult", "user"]);
  expect(rows).toEqual(stored);
  expect(walks).toBe(1);
});

test("places are right behind a compaction, behind another writer's message, and on another branch", async () => {
  await using dir = await temporaryStateDir();
  await using chat = await followed(dir.path);
  const first = await chat.say("one");
  const second = await chat.say("two");
  await chat.compare();

  const compaction = { summary: "so far", firstKeptEntryId: second.entry.id, tokensBefore: 10 };
  await chat.transcript.compact(() => Promise.resolve(compaction));
  await chat.say("three");
  const compacted = await chat.compare();
  await using other = await openTranscript(chat.file);
  await other.append(userMessage("four", 1));
  await chat.say("five");
  const mixed = await chat.compare();
  await withSessionWriteLock(chat.file, () => {
    const manager = SessionManager.open(chat.file);
    manager.branch(first.entry.id);
    manager.appendMessage(userMessage("instead of two", 1));
  });
  await chat.say("and on");
  const forked = await chat.compare();

  for (const { rows, stored } of [compacted, mixed, forked]) expect(rows).toEqual(stored);
  const places = [compacted, mixed, forked].map(({ rows }) => rows.map((row) => row.__openclaw.seq));
  expect(places).toEqual([[3], [4, 5], [2, 3]]);
});
