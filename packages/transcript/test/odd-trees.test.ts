import { expect, test } from "vitest";
import { SessionManager } from "../src/index.ts";
import type { SessionTreeNode } from "../src/index.ts";
import { chain, chat, header, linesOf, result, sessionFile, user } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

test("a new session made of the branch to an entry beside the branch has that entry as its leaf", () => {
  const side = { type: "message", message: user("beside"), appendMode: "side" };
  const file = sessionFile(linesOf(chain({ type: "message", message: user("one") }, side)));
  const session = SessionManager.open(file);

  session.createBranchedSession("e2");

  expect(session.getBranch().map(({ id }) => id)).toEqual(["e1", "e2"]);
  expect(session.buildSessionContext().messages).toMatchObject([{ content: "one" }, { content: "beside" }]);
});

test.each(["compaction", "reset"])("a %s that keeps from a label keeps as much in a new session", (type) => {
  const label = { type: "label", targetId: "e1", label: "here" };
  const cut = { type, summary: "so far", firstKeptEntryId: "e2", tokensBefore: 1 };
  const said = (text: string) => ({ type: "message", message: user(text) });
  const lines = [header({ version: 4 }), ...chain(said("one"), label, said("two"), cut, said("three"))];
  const session = SessionManager.open(sessionFile(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
  const before = session.buildSessionContext().messages;

  session.createBranchedSession("e5");

  expect(before.slice(-2)).toMatchObject([{ content: "two" }, { content: "three" }]);
  expect(session.buildSessionContext().messages).toEqual(before);
});

test("a tree has every entry once, also where parents form a ring", () => {
  const [one = {}, two = {}, three = {}, four = {}] = chat(user("1"), user("2"), user("3"), user("4"));
  // 1 hangs below the ring of 2 and 3.
  const lines = [{ ...one, parentId: "e3" }, { ...two, parentId: "e3" }, three, four];
  const session = SessionManager.open(sessionFile(linesOf(lines)));
  const idsOf = (nodes: readonly SessionTreeNode[]): unknown[] =>
    nodes.map(({ entry, children }) => [entry.id, ...idsOf(children)]);

  expect(idsOf(session.getTree())).toEqual([["e2", ["e3", ["e1"], ["e4"]]]]);
});

test("what is nested too deep for JSON.stringify is copied with its session", () => {
  const details = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const [line = ""] = chat(result("c", "", { details: "HERE" })).map((entry) => JSON.stringify(entry));
  const file = sessionFile(`${linesOf([])}${line.replace('"HERE"', `{"a":1,"b":${details}}`)}\n`);
  const depthOf = (session: SessionManager): number => {
    const [entry] = session.getEntries();
    let at: unknown = entry?.type === "message" && "details" in entry.message && entry.message.details;
    let depth = 0;
    for (at = (at as { b: unknown }).b; Array.isArray(at); at = at[0]) depth += 1;
    return depth;
  };

  const forked = SessionManager.forkFrom(file, "/v", tempFolder());
  const branched = SessionManager.open(file);
  branched.createBranchedSession("e1");

  expect([forked, branched].map(depthOf)).toEqual([20_000, 20_000]);
});
