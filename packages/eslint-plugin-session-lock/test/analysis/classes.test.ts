import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a field initialiser runs when an instance is made, under whatever lock is held there",
    `class Writer { id = SessionManager.open("a").appendMessage("m"); }
export const locked = () => withSessionWriteLock("a", () => new Writer());`,
    [],
  ],
  [
    "a field initialiser runs without a lock where an instance is made without one",
    `class Writer { id = SessionManager.open("a").appendMessage("m"); }
export const unlocked = () => new Writer();`,
    ["unlocked 1"],
  ],
  [
    "a field of an exported class runs for anybody",
    `export class Writer { id = SessionManager.open("a").appendMessage("m"); }`,
    ["unlocked 1"],
  ],
  [
    "a static field runs when the class is defined",
    `export class Writer { static id = SessionManager.open("a").appendMessage("m"); }`,
    ["unlocked 1"],
  ],
  [
    "a static block runs when the class is defined",
    `export class Writer {
  static {
    SessionManager.open("a").appendMessage("m");
  }
}`,
    ["unlocked 3"],
  ],
  [
    "a static block of a class that is defined under the lock holds it",
    `export const make = () => withSessionWriteLock("a", () => {
  return class { static { SessionManager.open("a").appendMessage("m"); } };
});`,
    [],
  ],
  [
    "a computed key runs when the class is defined",
    `export class Writer { [SessionManager.open("a").appendMessage("m")]() {} }`,
    ["unlocked 1"],
  ],
  [
    "an arrow in a field runs when it is called",
    `export class Writer {
  write = (m) => SessionManager.open("a").appendMessage(m);
}`,
    ["unlocked 2"],
  ],
  [
    "a private method is judged by the methods that call it",
    `export class Writer {
  save(m) { return withSessionWriteLock("a", () => this.#write(m)); }
  #write(m) { SessionManager.open("a").appendMessage(m); }
}`,
    [],
  ],
  [
    "a private method that one method calls without the lock is reported at that call",
    `export class Writer {
  save(m) { return withSessionWriteLock("a", () => this.#write(m)); }
  forget(m) { this.#write(m); }
  #write(m) { SessionManager.open("a").appendMessage(m); }
}`,
    ["calleeNeedsLock 3"],
  ],
  [
    "a manager in a private field is one that the class opened",
    `export class Writer {
  #manager = SessionManager.open("a");
  save(m) { this.#manager.appendMessage(m); }
}`,
    ["unlocked 3"],
  ],
  [
    "a static method is called by the class's name",
    `class Writer { static save(m) { SessionManager.open("a").appendMessage(m); } }
export const save = (m) => withSessionWriteLock("a", () => Writer.save(m));`,
    [],
  ],
  [
    "a constructor that throws leaves the lock to the finally around it",
    `class Writer { constructor(m) { check(m); } }
export async function save(m) {
  const lock = await acquireSessionWriteLock({ sessionFile: "a" });
  new Writer(m);
  await lock.release();
}`,
    ["leaksOnThrow 3"],
  ],
];

test.each(cases)("%s", (_, code, findings) => {
  expect(analyzeText(code)).toEqual(findings);
});
