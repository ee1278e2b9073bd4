import { existsSync, readFileSync } from "node:fs";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import {
  appendAssistantMessageToSessionTranscript,
  openSessionStore,
  openTranscript,
  SessionManager,
  validate,
} from "../src/index.ts";
import type { AppendOptions, DeliveryMirror, OpenTranscriptOptions } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { assistant, call, calling, chat, linesOf, result, sessionFile, user } from "./session-lines.ts";
import { tempFolder, tempSession } from "./temp-session.ts";

const says = (...content: readonly unknown[]) => assistant("", { content, stopReason: "toolUse" });

test.each<readonly [string, object]>([
  ["a block that is null", user("", { content: [null] })],
  ["a block that is a text", user("", { content: ["text"] })],
  ["a text block without a text", user("", { content: [{ type: "text" }] })],
  ["content that is an object", user("", { content: { a: 1 } })],
  ["a tool call without an id", says(call("", {}))],
  ["a tool call without a name", says(call("c", { name: undefined }))],
  ["a tool call whose arguments are a text", says(call("c", { arguments: "{}" }))],
  ["two tool calls of one id", says(call("c", {}), call("c", {}))],
  ["an image without data", user("", { content: [{ type: "image", mimeType: "image/png" }] })],
  ["an image without a type", user("", { content: [{ type: "image", data: "iVBORw==" }] })],
  ["a result that names no call", result("")],
  ["an extension's message without content", { role: "custom", customType: "x", display: true }],
  ["a toJSON that makes nothing of it", user("one", { toJSON: () => undefined })],
  ["a toJSON that makes no message of it", user("one", { toJSON: () => ({ text: "one" }) })],
  [
    "a block whose toJSON makes none of it",
    user("", { content: [{ type: "text", text: "", toJSON: () => 5 }] }),
  ],
])("a message with %s, an error for validate, is refused and leaves no trace", async (_, message) => {
  const file = sessionFile(linesOf(chat(user("one"))));
  const before = readFileSync(file);
  await using transcript = await openTranscript(file);

  await expect(transcript.append(message as never)).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
  await withSessionWriteLock(file, () =>
    expect(() => SessionManager.open(file).appendMessage(message as never)).toThrow(
      expect.objectContaining({ code: "INVALID_MESSAGE" }),
    ),
  );

  expect(readFileSync(file)).toEqual(before);
  const stored = sessionFile(linesOf(chat(user("one"), message as never)));
  expect((await validate(stored)).ok).toBe(false);
});

test("a message is what its toJSON says, and counts as that", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const message = { ...userMessage("one"), toJSON: () => result("no such call") };

  const { placement } = await transcript.append(message);

  expect(placement).toBe("late");
});

test(
  "an entry longer than any line that is read is refused, and the longest one is read",
  { timeout: 600_000 },
  async () => {
    const file = tempSession();
    const longest = 64 * 1024 * 1024 - 64 * 1024;
    await using transcript = await openTranscript(file, { durability: "os" });

    const refused = transcript.append(userMessage("é".repeat(longest / 2)));
    await expect(refused).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
    await transcript.append(userMessage("x".repeat(longest - 100)));

    expect(await validate(file)).toMatchObject({ ok: true, entries: 1, findings: [] });
  },
);

test("an extension's message without content, and an entry below one that is not there, are refused by the manager", async () => {
  const file = sessionFile(linesOf(chat(user("one"))));
  const before = readFileSync(file);
  const timestamp = new Date(0).toISOString();

  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    expect(() => session.appendCustomMessageEntry("x", undefined as never, true)).toThrow(
      expect.objectContaining({ code: "INVALID_MESSAGE" }),
    );
    const entry = { type: "session_info", id: "new", parentId: "gone", timestamp, name: "x" } as const;
    expect(() => session._persist(entry)).toThrow("Entry gone not found");
  });

  expect(readFileSync(file)).toEqual(before);
});

test("an entry that the manager makes is refused like a message where it is no JSON or longer than any that is read", async () => {
  const file = sessionFile(linesOf(chat(user("one"))));
  const before = readFileSync(file);
  const long = "x".repeat(64 * 1024 * 1024);

  await withSessionWriteLock(file, () => {
    const session = SessionManager.open(file);
    const id = session.getLeafId() ?? "";
    const place = { id: "new", parentId: id, timestamp: new Date(0).toISOString() };
    const tries = [
      () => session.appendSessionInfo(long),
      () => session.appendLabelChange(id, long),
      () => session.appendCompaction(long, id, 1),
      () => session.branchWithSummary(id, long),
      () => session._persist({ ...place, type: "session_info", name: long }),
      () => session._persist({ ...place, type: "custom", customType: "x", data: 1n }),
    ];
    for (const attempt of tries)
      expect(attempt).toThrow(expect.objectContaining({ code: "INVALID_MESSAGE" }));
  });

  expect(readFileSync(file)).toEqual(before);
});
test("a compaction without a summary takes nothing away", async () => {
  const file = sessionFile(linesOf(chat(user("one"), assistant("two"), user("three"))));
  const before = readFileSync(file);
  await using transcript = await openTranscript(file);

  const compacting = transcript.compact((branch) =>
    Promise.resolve({ summary: " ", firstKeptEntryId: branch[2]?.id ?? "", tokensBefore: 1 }),
  );

  await expect(compacting).rejects.toMatchObject({ code: "INVALID_MESSAGE" });
  expect(readFileSync(file)).toEqual(before);
});

test.each<readonly [string, object]>([
  ["an empty answer", assistant("", { content: [] })],
  [
    "half a tool call of a turn that was aborted",
    assistant("", { content: [{ type: "toolCall" }], stopReason: "aborted" }),
  ],
  ["a message of an extension's role", { role: "zz", anything: 1 }],
])("%s, which validate finds no error in, is taken", async (_, message) => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));

  await transcript.append(message as never);

  expect(await validate(file)).toMatchObject({ ok: true, entries: 2 });
});

test.each([null, 5, ""])("the idempotency key %j is refused", async (idempotencyKey) => {
  await using transcript = await openTranscript(tempSession());
  const options = { idempotencyKey } as unknown as AppendOptions;

  const refusal = { code: "INVALID_KEY" };
  await expect(transcript.append(userMessage("one"), options)).rejects.toMatchObject(refusal);
  await expect(transcript.appendCustom("x", {}, options)).rejects.toMatchObject(refusal);
});

test("a durability that does not exist is a TypeError, and nothing is made", async () => {
  const file = tempSession();
  const options = { durability: "fsync" } as unknown as OpenTranscriptOptions;

  await expect(openTranscript(file, options)).rejects.toThrow(TypeError);
  expect(() => SessionManager.open(file, options as never)).toThrow(TypeError);
  expect(existsSync(file)).toBe(false);
});

test.each([5, undefined, "session-lock.deferred", "session-lock.late-result"])(
  "a custom entry of the type %j is refused",
  async (customType) => {
    const file = tempSession();
    await using transcript = await openTranscript(file);
    const data = { messageId: "m", entry: { type: "message", message: user("smuggled") } };
    const refusal = { code: "INVALID_MESSAGE" };

    await expect(transcript.appendCustom(customType as string, data)).rejects.toMatchObject(refusal);
    const item = { customType: customType as string, data };
    await expect(transcript.appendMany([item])).rejects.toMatchObject(refusal);
    await withSessionWriteLock(file, () =>
      expect(() => SessionManager.open(file).appendCustomEntry(customType as string, data)).toThrow(
        expect.objectContaining(refusal),
      ),
    );
    expect(await transcript.entries()).toEqual([]);
  },
);

test("an edit that says nothing is refused in pi's words", () => {
  const session = SessionManager.inMemory();
  const id = session.appendMessage(userMessage("one"));

  for (const replacement of [undefined, 5, {}, { content: 5 }])
    expect(() => session.appendContextEdit(id, replacement as never)).toThrow(
      "Context edit replacement must be null or contain string/array content",
    );
});

test("a call that has no id in the file is answered when calls are closed", async () => {
  await using transcript = await openTranscript(sessionFile(linesOf(chat(user("go"), calling("")))));

  await transcript.closeToolCalls();

  expect(await transcript.entries()).toHaveLength(3);
});

test.each<readonly [string, object]>([
  ["no session key", { text: "x" }],
  ["a session key that is null", { sessionKey: null, text: "x" }],
  ["a text that is null", { sessionKey: "main", text: null }],
  ["media URLs that are null", { sessionKey: "main", mediaUrls: null }],
  ["a key that is a number", { sessionKey: "main", text: "x", idempotencyKey: 5 }],
])("a mirror with %s gets a reason", async (_, fields) => {
  const storePath = tempFolder();
  await openSessionStore(storePath).ensure("main");

  const told = await appendAssistantMessageToSessionTranscript({ storePath, ...fields } as DeliveryMirror);

  expect(told).toMatchObject({ ok: false, reason: expect.any(String) as string });
});
