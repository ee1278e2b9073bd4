import { expect, test } from "vitest";
import { lint } from "../lint.ts";
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
    "a class makes instances of itself by its own name",
    `class Writer {
  constructor(file) { this.manager = SessionManager.open(file); }
  static at(file) { return new Writer(file); }
}
export const save = (file) => Writer.at(file).manager.appendMessage("m");`,
    ["unlocked 5"],
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
    "a static method of an exported class is called by anybody",
    `export class Writer {
  static save(m) { SessionManager.open("a").appendMessage(m); }
  static async later(m) { SessionManager.open("a").appendMessage(m); }
  static get saved() { return SessionManager.open("a").appendMessage("m"); }
  static under(m) { return withSessionWriteLock("a", () => SessionManager.open("a").appendMessage(m)); }
}`,
    ["unlocked 2", "unlocked 3", "unlocked 4"],
  ],
  [
    "a static method releases the lock it acquires",
    `export class Writer {
  static async save() { const lock = await acquireSessionWriteLock({ sessionFile: "a" }); await work(lock.epoch); }
}`,
    ["leaks 2", "leaksOnThrow 2"],
  ],
  [
    "a private static method is judged by the methods that call it, by the class's name or as this",
    `export class Writer {
  static save(m) { return withSessionWriteLock("a", () => Writer.#write(m)); }
  static forget(m) { this.#write(m); }
  static #write(m) { SessionManager.open("a").appendMessage(m); }
}`,
    ["calleeNeedsLock 3"],
  ],
  [
    "a private static method that only locked code calls holds the lock",
    `export const Writer = class Own {
  static save(m) { return withSessionWriteLock("a", () => Own.#write(m)); }
  static #write(m) { SessionManager.open("a").appendMessage(m); }
};`,
    [],
  ],
  [
    "a static method of a class without a name is called by the variable's",
    `const Writer = class { static save(m) { SessionManager.open("a").appendMessage(m); } };
export const save = (m) => withSessionWriteLock("a", () => Writer.save(m));`,
    [],
  ],
  [
    "a constructor that just stores the lock does not throw before it has it",
    `export class Lease {
  constructor(lock) { this.lock = lock; start(); }
  static async take(sessionFile) { return new Lease(await acquireSessionWriteLock({ sessionFile })); }
}`,
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

test("an accessor is a field", () => {
  const code = `import { SessionManager } from "@session-lock/transcript";
export class Writer {
  accessor save = (m: string) => SessionManager.open("a").appendMessage(m);
  static accessor store = (m: string) => SessionManager.open("a").appendMessage(m);
  accessor #own = SessionManager.open("a");
  write(m: string) { this.#own.appendMessage(m); }
}`;

  expect(lint(code, { typescript: true, config: "strict" })).toEqual([
    "require-session-lock/unlocked 3",
    "require-session-lock/unlocked 4",
    "require-session-lock/unlocked 6",
  ]);
});

test("a getter of an object gives what it returns, with or without a setter beside it", () => {
  const code = `export function f(sf, m) { const o = { get s() { return SessionManager.open(sf); }, set s(it) {} };
o.s.appendMessage(m); }`;

  expect(analyzeText(code)).toEqual(["unlocked 2"]);
});

test.each([
  ["in a pattern", "const { s } = this; s.appendMessage(m);"],
  ["in a pattern, under another name", "const { s: own } = this; own.appendMessage(m);"],
  [
    "by another name of the instance",
    "const self = this; setTimeout(function () { self.s.appendMessage(m); });",
  ],
  ["in a pattern of another name", "const self = this; const { s } = self; s.appendMessage(m);"],
])("a field that is read %s is the manager that it holds", (_, write) => {
  for (const member of ['s = SessionManager.open("a");', 'get s() { return SessionManager.open("a"); }']) {
    expect(analyzeText(`export class Writer { ${member}\nsave(m) { ${write} } }`)).toEqual(["unlocked 2"]);
  }
});

test("what another name of the instance calls under the lock has it", () => {
  const code = `export class Writer {
  #write(m) { SessionManager.open("a").appendMessage(m); }
  save(m) { const self = this; return withSessionWriteLock("a", function () { self.#write(m); }); }
}`;

  expect(analyzeText(code)).toEqual([]);
});

test("a lock that a parameter property takes is the instance's to release", () => {
  const code = `export class Lease {
  constructor(private readonly lock: SessionWriteLock) {}
  static async take(sessionFile: string) {
    const lock = await acquireSessionWriteLock({ sessionFile });
    return new Lease(lock);
  }
}`;

  expect(
    lint(`import { acquireSessionWriteLock, type SessionWriteLock } from "session-lock";\n${code}`, {
      typescript: true,
    }),
  ).toEqual([]);
});

test("a field and the getter that gives it are one file", () => {
  const code = (path: string): string => `export class Writer {
  #file; #other;
  get file() { return this.#file; }
  save(m) { return withSessionWriteLock(this.file, () => SessionManager.open(${path}).appendMessage(m)); }
}`;

  expect(analyzeText(code("this.#file"))).toEqual([]);
  expect(analyzeText(code("this.file"))).toEqual([]);
  expect(analyzeText(code("this.#other"))).toEqual(["wrongFile 4"]);
});
