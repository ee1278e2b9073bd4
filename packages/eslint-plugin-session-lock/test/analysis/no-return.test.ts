import { expect, test } from "vitest";
import { lint } from "../lint.ts";
import { analyzeText } from "./analyze-text.ts";

/** Tries to get the lock; what is done without it is line 2. */
function unless(refuse: string, declarations = ""): string {
  return `export async function f(sessionFile, m) {
  const lock = tryAcquireSessionWriteLock({ sessionFile }); if (!lock) ${refuse};
  try { SessionManager.open(sessionFile).appendMessage(m); } finally { await lock?.release(); }
} ${declarations}`;
}

test.each(["process.exit(75)", "{ console.error('busy'); process.exit(75); }", "globalThis.process.abort()"])(
  "no way goes on behind %s",
  (refuse) => {
    expect(analyzeText(unless(refuse))).toEqual([]);
  },
);

test.each([
  'import { exit as stop } from "node:process";',
  "function stop() { throw new Error('busy'); }",
  "const stop = () => { console.error('busy'); process.exit(75); };",
])("no way goes on behind a call of the function of %s", (declaration) => {
  expect(analyzeText(unless("stop()", declaration))).toEqual([]);
});

test("a function says by its type that no way goes on behind it", () => {
  const code = `import { SessionManager } from "@session-lock/transcript";
import { tryAcquireSessionWriteLock } from "session-lock";
function stop(why: string): never { while (true) throw new Error(why); }
export async function save(sessionFile: string, message: object) {
  const lock = tryAcquireSessionWriteLock({ sessionFile }) ?? stop("busy");
  try { SessionManager.open(sessionFile).appendMessage(message); } finally { await lock.release(); }
}`;

  expect(lint(code, { typescript: true })).toEqual([]);
});

test.each([
  "function stop(m) { if (m) return; throw new Error('busy'); }",
  "async function stop() { throw new Error('busy'); }",
  "function stop(m) { m.exit(); }",
  "function stop(m) { m.process.exit(); }",
  "let stop = () => { throw new Error('busy'); }; export const later = () => { stop = () => {}; };",
])("a way may go on behind a call of %s", (declaration) => {
  expect(analyzeText(unless("stop(m)", declaration))).toEqual(["notOnEveryPath 3"]);
});

/** A class whose method gives up; what is done without the lock is line 4. */
function refusingBy(method: string, how: string): string {
  return `export class Store {
  ${method} { throw new Error("busy"); }
  async save(sessionFile, m) { const lock = tryAcquireSessionWriteLock({ sessionFile }); if (!lock) ${how};
    try { SessionManager.open(sessionFile).appendMessage(m); } finally { await lock?.release(); } } }`;
}

test("no way goes on behind a private method that only throws", () => {
  expect(analyzeText(refusingBy("#stop()", "this.#stop()"))).toEqual([]);
});

test("a way may go on behind a method that another class may override", () => {
  expect(analyzeText(refusingBy("stop()", "this.stop()"))).toEqual(["notOnEveryPath 4"]);
});

test("what catches the error of a function that only throws is reached", () => {
  const code = `function stop() { throw new Error("no"); }
export function f(sessionFile, m) {
  try { stop(); } catch { SessionManager.open(sessionFile).appendMessage(m); }
}`;

  expect(analyzeText(code)).toEqual(["unlocked 3"]);
});

const imports = `import { SessionManager } from "@session-lock/transcript";
import { tryAcquireSessionWriteLock } from "session-lock";`;

/** Demands the lock that was tried for; the write is line 7. */
function demanding(how: string, declaration: string): string {
  return `${imports}
${declaration}
export async function save(sessionFile: string, message: object) {
  const lock = tryAcquireSessionWriteLock({ sessionFile }); const isHeld = lock !== undefined;
  ${how}
  try { SessionManager.open(sessionFile).appendMessage(message); } finally { await lock?.release(); }
}`;
}

test.each([
  ["assert(lock);", 'import assert from "node:assert";'],
  ["assert(isHeld, 'busy');", 'import { strict as assert } from "assert";'],
  ["assert.ok(isHeld);", 'import * as assert from "node:assert/strict";'],
  ["demand(lock !== undefined);", "function demand(it: unknown): asserts it { if (!it) throw new Error(); }"],
  ["demand(lock);", "function demand(lock: unknown) { if (!lock) throw new Error(); }"],
])("the way goes on behind %s with the lock, by %s", (how, declaration) => {
  expect(lint(demanding(how, declaration), { typescript: true })).toEqual([]);
});

test.each([
  ["assert(!lock);", 'import assert from "node:assert";'],
  ["assert.equal(message, lock);", 'import assert from "node:assert";'],
  ["demand(sessionFile);", "function demand(it: unknown): asserts it { if (!it) throw new Error(); }"],
])("the way may go on behind %s without the lock, by %s", (how, declaration) => {
  expect(lint(demanding(how, declaration), { typescript: true })).toContainEqual(
    expect.stringMatching(/^require-session-lock\/\w+ 7$/),
  );
});
