import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const heir = "class S extends SessionManager { save(m) { this.appendMessage(m); } }";

test("a method of a derived manager writes without the lock where it is called without one", () => {
  expect(analyzeText(`${heir}\nexport const f = (sf, m) => S.open(sf).save(m);`)).toEqual(["unlocked 1"]);
  expect(
    analyzeText(`${heir}
export const f = (sf, m) => S.open(sf).save(m);
export const g = (sf, m) => withSessionWriteLock(sf, () => S.open(sf).save(m));`),
  ).toEqual(["calleeNeedsLock 2"]);
});

test("a method of a derived manager holds the lock that its callers hold", () => {
  const code = `${heir}
export const f = (sf, m) => withSessionWriteLock(sf, () => S.open(sf).save(m));`;

  expect(analyzeText(code)).toEqual([]);
});

test("what other files call on a derived manager needs a lock of theirs", () => {
  expect(analyzeText(`export ${heir}`)).toEqual(["callerMustLock 1"]);
});

test("a method that overrides one of the manager is run in its place, and super is the manager", () => {
  const code = (write: string): string => `class S extends SessionManager {
  appendMessage(m) { ${write} }
}
export const f = (sf, m) => S.open(sf).appendMessage(m);`;

  expect(analyzeText(code("super.appendMessage(m);"))).toEqual(["unlocked 2"]);
  expect(analyzeText(code("return withSessionWriteLock(this.file, () => super.appendMessage(m));"))).toEqual(
    [],
  );
});

const locked = `async locked(work) {
    const lock = await acquireSessionWriteLock({ sessionFile: this.file });
    try { return await work(); } finally { await lock.release(); }
  }`;

test.each(["this", "super"])("what %s.locked() of a class's own superclass runs has the lock", (owner) => {
  const code = (work: string): string => `class Base { ${locked} }
export class Store extends Base {
  save(m) { ${work} }
}`;
  const write = "SessionManager.open(this.file).appendMessage(m)";

  expect(analyzeText(code(`return ${owner}.locked(async () => { ${write}; });`))).toEqual([]);
  expect(analyzeText(code(`return ${owner}.plain(async () => { ${write}; });`))).toEqual(["unlocked 6"]);
});

test.each([
  ["a field", 's = SessionManager.open("a");', "this.s"],
  ["a constructor", "constructor(file) { this.s = SessionManager.open(file); }", "this.s"],
  ["a method", 'at() { return SessionManager.open("a"); }', "this.at()"],
  ["a method, named by super,", 'at() { return SessionManager.open("a"); }', "super.at()"],
  ["a getter", 'get s() { return SessionManager.open("a"); }', "this.s"],
])("%s of a class is one of the classes that are derived from it", (_, member, manager) => {
  const heirs = (write: string): string => `class Base { ${member} }
class Middle extends Base {}
export class Store extends Middle {
  save(m) { ${write} }
}`;

  expect(analyzeText(heirs(`${manager}.appendMessage(m);`))).toEqual(["unlocked 4"]);
  expect(analyzeText(heirs(`${manager}.getEntries();`))).toEqual([]);
});

test("super() runs the constructor of the superclass, with what it is given", () => {
  const code = `class Base { constructor(file) { this.s = SessionManager.open(file); } }
export class Store extends Base {
  constructor(a) { super(a); }
  save(m, a, b) { return withSessionWriteLock("b", () => this.s.appendMessage(m)); }
}
export class Index extends Base {
  constructor() { super("a"); }
  save(m) { return withSessionWriteLock("b", () => this.s.appendMessage(m)); }
}`;

  expect(analyzeText(code)).toEqual(["stale 4", "wrongFile 8"]);
});

test("super in a static method is the superclass", () => {
  const code = `class Store extends SessionManager { static at(file) { return super.open(file); } }
export const save = (file, m) => Store.at(file).appendMessage(m);`;

  expect(analyzeText(code)).toEqual(["unlocked 2"]);
});

test("a manager's heir of a second generation has the methods of the first", () => {
  const code = `${heir}
class T extends S { save(m) { super.save(m); } }
class U extends S {}
export const f = (sf, m) => T.open(sf).save(m);
export const g = (sf, m) => U.open(sf).save(m);`;

  expect(analyzeText(code)).toEqual(["unlocked 1"]);
});

test("classes that are derived from one another in a ring are left alone", () => {
  expect(
    analyzeText(
      `class A extends B { m() { return SessionManager.open(this.file); } }
export class B extends A { n() { return super.o(this.m()); } }`,
    ),
  ).toEqual([]);
});
