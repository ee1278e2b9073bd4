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
