import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { transcript } from "./command.ts";
import { assistant, chain, header, user } from "./session-lines.ts";
import type { Loose } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

const HELLO = { type: "message", message: user("hello") };
const HI = { type: "message", message: assistant("hi") };

function system(fields: Loose): Loose {
  return { type: "message", message: { role: "system", content: "be kind", timestamp: 1, ...fields } };
}

function write(folder: string, name: string, ...parts: readonly Loose[]): string {
  const file = path.join(folder, name);
  const lines = [header({ id: name }), ...chain(...parts)].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(file, lines.join(""));
  return file;
}

test("a session_info entry whose name is no text gives no name, and every reader reads on", async () => {
  const folder = tempFolder();
  const named = { type: "session_info", name: "before" };
  const file = write(folder, "a.jsonl", HELLO, named, { type: "session_info", name: 5 }, HI);
  const session = SessionManager.open(file);

  expect(session.getSessionName()).toBeUndefined();
  expect(session.getBranch()).toHaveLength(4);
  expect(session.buildSessionContext().messages).toHaveLength(2);
  expect(SessionManager.forkFrom(file, "/v", tempFolder()).getEntryCount()).toBe(4);
  expect(session.createBranchedSession("e4")).toBeDefined();
  await using opened = await openTranscript(file);
  expect((await opened.context()).messages).toHaveLength(3);
  expect(await opened.compact(() => Promise.resolve(undefined))).toBeUndefined();
  expect((await SessionManager.listAll(folder)).map(({ path: at, name }) => [at, name])).toContainEqual([
    file,
    undefined,
  ]);
  expect(await transcript("show", file)).toMatchObject({ code: 0, err: "" });
  expect(await transcript("export", file)).toMatchObject({ code: 0, err: "" });
});

test.each<readonly [string, Loose]>([
  ["content that holds null", { type: "message", message: user("", { content: [null] }) }],
  ["content that is an object", { type: "message", message: user("", { content: { a: 1 } }) }],
  ["a text that is none", { type: "message", message: user("", { content: [{ type: "text", text: 5 }] }) }],
  ["a name that is none", { type: "session_info", name: { a: 1 } }],
])("a file with %s is listed, and so are those beside it", async (_, entry) => {
  const folder = tempFolder();
  write(folder, "a.jsonl", HELLO);
  write(folder, "b.jsonl", HELLO, entry, HI);

  const sessions = await SessionManager.list("/w", folder);

  expect(sessions.map(({ id }) => id).sort()).toEqual(["a.jsonl", "b.jsonl"]);
  expect(sessions.find(({ id }) => id === "b.jsonl")).toMatchObject({ allMessagesText: "hello hi" });
  expect(await SessionManager.listAll(folder)).toEqual(sessions);
});

test.each<readonly [string, Loose]>([
  [
    "an edit whose content is a number",
    { type: "context_edit", targetId: "e1", replacement: { content: 5 } },
  ],
  ["an edit without a replacement", { type: "context_edit", targetId: "e1" }],
  ["a system message with a tool that is null", system({ toolsAdded: [null] })],
  ["a system message whose tools are a number", system({ toolsAdded: 5, toolsRemoved: 5 })],
])("%s changes nothing of the context and does not stop a compaction", async (_, entry) => {
  const file = write(tempFolder(), "a.jsonl", HELLO, entry, HI);
  const session = SessionManager.open(file);
  await using opened = await openTranscript(file);

  const said = session.buildSessionContext().messages.filter(({ role }) => role !== "system");
  const projected = session.buildSessionProjection().messages.filter(({ role }) => role !== "system");
  const { messages } = await opened.context("strict", { trailingAssistant: "keep" });
  const summary = { summary: "s", firstKeptEntryId: "e3", tokensBefore: 1 };
  await opened.compact(() => Promise.resolve(summary));

  expect(said).toMatchObject([{ content: "hello" }, { role: "assistant" }]);
  expect(projected).toEqual(said);
  expect(messages).toMatchObject([{ content: "hello" }, { role: "assistant" }]);
  expect((await opened.branch()).at(-1)).toMatchObject({ type: "compaction", summary: "s" });
});

test("a compaction whose system message has no list of tools can be compacted again", async () => {
  const systemMessage = { role: "system", content: "be kind", toolsAdded: 5 };
  const compaction = {
    type: "compaction",
    summary: "s",
    firstKeptEntryId: "e1",
    tokensBefore: 1,
    systemMessage,
  };
  const file = write(tempFolder(), "a.jsonl", HELLO, compaction, HI);
  await using opened = await openTranscript(file);

  await opened.compact(() => Promise.resolve({ summary: "t", firstKeptEntryId: "e3", tokensBefore: 1 }));

  expect((await opened.branch()).at(-1)).toMatchObject({
    summary: "t",
    systemMessage: { content: "be kind" },
  });
});
