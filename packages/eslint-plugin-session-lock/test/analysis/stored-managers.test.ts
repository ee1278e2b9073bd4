import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const open = 'SessionManager.open("a")';

test.each([
  `let s; export function init() { s = ${open}; }\nexport function f(m) { s.appendMessage(m); }`,
  `let s; export function init() { s = ${open}; }\nfunction g(m) { s.appendMessage(m); } export const f = (m) => g(m);`,
  `export class C { init() { this.s = ${open}; }\nadd(m) { this.s.appendMessage(m); } }`,
  `export class C { #s; init() { this.#s = ${open}; }\nadd(m) { this.#s.appendMessage(m); } }`,
  `export class C { static init() { this.s = ${open}; }\nstatic add(m) { C.s.appendMessage(m); } }`,
  `export class C { #s; get sm() { return (this.#s ??= ${open}); }\nadd(m) { this.sm.appendMessage(m); } }`,
  `export class C { static get sm() { return ${open}; }\nadd(m) { C.sm.appendMessage(m); } }`,
  `export class C { static s = ${open};\nadd(m) { C.s.appendMessage(m); } }`,
  `export class C { static s = ${open};\nstatic add(m) { this.s.appendMessage(m); } }`,
  `class C { static s = ${open}; }\nexport const f = (m) => C.s.appendMessage(m);`,
])("a manager that another function stored is written without the lock: %s", (code) => {
  expect(analyzeText(code)).toEqual(["unlocked 2"]);
});

test.each([
  `let s; export const f = (m) => withSessionWriteLock("a", () => { s = ${open}; g(m); });
function g(m) { s.appendMessage(m); }`,
  `export class C { init() { this.s = ${open}; }
add(m) { return withSessionWriteLock("a", () => { this.init(); this.s.appendMessage(m); }); } }`,
  `let s, lock; export async function begin() { lock = await acquireSessionWriteLock({ sessionFile: "a" }); s = ${open}; }
export function add(m) { s.appendMessage(m); } export async function end() { await lock.release(); }`,
  `let s; export function init() { s = SessionManager.inMemory(); } export function f(m) { s.appendMessage(m); }`,
  `export class C { get sm() { return ${open}; }
add(m) { return withSessionWriteLock("a", () => this.sm.appendMessage(m)); } }`,
])("a manager that is stored and written under the lock is fine: %s", (code) => {
  expect(analyzeText(code)).toEqual([]);
});

test("a manager that was stored before the lock was taken is out of date under it", () => {
  const code = `let s; export function init() { s = ${open}; }
export const f = (m) => withSessionWriteLock("a", () => s.appendMessage(m));`;

  expect(analyzeText(code)).toEqual(["stale 2"]);
});
