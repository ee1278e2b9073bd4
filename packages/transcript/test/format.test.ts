import { readFileSync, writeFileSync } from "node:fs";
import { withSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { tempSession } from "./temp-session.ts";

const HEADER = '{"type":"session","version":3,"id":"s1","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}\n';

test("entries have the fields and the field order that pi writes", async () => {
  const file = tempSession();
  writeFileSync(file, HEADER);
  await using transcript = await openTranscript(file);

  const message = await transcript.append({ role: "user", content: "one", timestamp: 1 });
  const custom = await transcript.appendCustom("mine", { a: 1 });

  const { entry: first } = message;
  const { entry: second } = custom;
  expect(readFileSync(file, "utf8")).toBe(
    `${HEADER}{"type":"message","id":"${first.id}","parentId":null,"timestamp":"${first.timestamp}",` +
      `"message":{"role":"user","content":"one","timestamp":1}}\n` +
      `{"type":"custom","customType":"mine","data":{"a":1},"id":"${second.id}","parentId":"${first.id}",` +
      `"timestamp":"${second.timestamp}"}\n`,
  );
  expect(first.id).toMatch(/^[0-9a-f]{16}$/);
});

test("what this package does not know stays byte for byte, and is on the branch", async () => {
  const file = tempSession();
  const foreign =
    '{"x":1e2, "type":"hologram","id":"h1","parentId":null,"timestamp":"2025-01-01T00:00:00.000Z","deep":{"b":2,"a":1}}\n' +
    '{"type":"message","id":"m1","parentId":"h1","timestamp":"2025-01-01T00:00:00.000Z","message":{"role":"alien","beep":[1]},"extra":"ü"}\r\n';
  writeFileSync(file, HEADER + foreign);

  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));

  expect(readFileSync(file, "utf8").startsWith(HEADER + foreign)).toBe(true);
  const branch = await transcript.branch();
  expect(branch[0]).toMatchObject({ type: "hologram", deep: { a: 1, b: 2 } });
  expect(branch[1]).toMatchObject({ extra: "ü", message: { role: "alien", beep: [1] } });
  expect(branch[2]?.parentId).toBe("m1");
});

test("a line that is no entry hides nothing but itself", async () => {
  const file = tempSession();
  const entry = (id: string, parent: string) =>
    `{"type":"custom","customType":"x","id":"${id}","parentId":${parent},"timestamp":"2025-01-01T00:00:00.000Z"}\n`;
  writeFileSync(
    file,
    `${HEADER}${entry("a", "null")}{"type":"mess\n\nnull\n42\n${HEADER}${entry("b", '"a"')}[1]\n`,
  );

  await using transcript = await openTranscript(file);

  expect(transcript.leafId).toBe("b");
  expect((await transcript.branch()).map(({ id }) => id)).toEqual(["a", "b"]);
});

test("a line that was written twice is one entry, and a cycle ends", async () => {
  const file = tempSession();
  const entry = (id: string, parent: string) =>
    `{"type":"custom","customType":"x","id":"${id}","parentId":"${parent}","timestamp":"2025-01-01T00:00:00.000Z"}\n`;
  writeFileSync(file, HEADER + entry("a", "b") + entry("b", "a") + entry("a", "b"));

  await using transcript = await openTranscript(file);

  expect((await transcript.entries()).map(({ id }) => id)).toEqual(["a", "b"]);
  expect((await transcript.branch()).map(({ id }) => id)).toEqual(["b", "a"]);
});

test("a message with null or bare string content is read in the shape its role promises", async () => {
  const file = tempSession();
  const line = (id: string, message: unknown) =>
    `${JSON.stringify({ type: "message", id, parentId: null, message })}\n`;
  writeFileSync(
    file,
    HEADER +
      line("a", { role: "assistant", content: "bare" }) +
      line("b", { role: "toolResult", content: null }) +
      line("c", { role: "user", content: null }) +
      line("d", "no message at all"),
  );

  await using transcript = await openTranscript(file);

  const entries = await transcript.entries();
  expect(entries[0]).toMatchObject({ message: { content: [{ type: "text", text: "bare" }] } });
  expect(entries[1]).toMatchObject({ message: { content: [] } });
  expect(entries[2]).toMatchObject({ message: { content: "" } });
  expect(entries[3]).toMatchObject({ type: "unreadable_message", id: "d" });
});

test("version 1 is read as a chain, the same at every read, and not written", async () => {
  const file = tempSession();
  const text =
    '{"type":"session","id":"old","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}\n' +
    '{"type":"message","timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1}}\n' +
    '{"type":"message","timestamp":"2025-01-01T00:00:02.000Z","message":{"role":"hookMessage","customType":"h","content":"two","display":true,"timestamp":2}}\n' +
    '{"type":"compaction","timestamp":"2025-01-01T00:00:03.000Z","summary":"so far","firstKeptEntryIndex":2,"tokensBefore":9}\n';
  writeFileSync(file, text);

  await using transcript = await openTranscript(file);

  expect(await transcript.branch()).toMatchObject([
    { id: "00000001", parentId: null },
    { id: "00000002", parentId: "00000001", message: { role: "custom" } },
    { id: "00000003", parentId: "00000002", firstKeptEntryId: "00000002" },
  ]);
  expect(transcript.leafId).toBe("00000003");
  await expect(transcript.append(userMessage("three"))).rejects.toMatchObject({
    code: "UNSUPPORTED_VERSION",
  });
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("version 2 is read with its hook messages renamed, and continued", async () => {
  const file = tempSession();
  const text =
    '{"type":"session","version":2,"id":"old","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}\n' +
    '{"type":"message","id":"aa","parentId":null,"timestamp":"2025-01-01T00:00:02.000Z","message":{"role":"hookMessage","customType":"h","content":"two","display":true,"timestamp":2}}\n';
  writeFileSync(file, text);

  const id = await withSessionWriteLock(file, () =>
    SessionManager.open(file).appendMessage(userMessage("three")),
  );

  expect(readFileSync(file, "utf8").startsWith(text)).toBe(true);
  expect(SessionManager.open(file).getBranch()).toMatchObject([
    { id: "aa", message: { role: "custom" } },
    { id, parentId: "aa" },
  ]);
});
