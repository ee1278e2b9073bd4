import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const append = "SessionManager.open(sf).appendMessage(m)";

test.each(["export const store =", "export default", "export const make = () =>", "register("])(
  "this.locked() in an object's methods is the object's, where it is made as: %s",
  (before) => {
    const after = before.endsWith("(") ? ")" : "";
    const code = (work: string): string => `${before} ({
  locked(sf, work) { return withSessionWriteLock(sf, work); },
  plain(sf, work) { return work(); },
  save(sf, m) { return ${work}; },
})${after};`;

    expect(analyzeText(code(`this.locked(sf, () => ${append})`))).toEqual([]);
    expect(analyzeText(code(`this.plain(sf, () => ${append})`))).toEqual(["unlocked 4"]);
  },
);

test.each([
  ["a property", 's: SessionManager.open("a")', "this.s"],
  ["a method", 'at() { return SessionManager.open("a"); }', "this.at()"],
  ["a getter", 'get s() { return SessionManager.open("a"); }', "this.s"],
])("%s of an object gives its methods the manager that they write", (_, member, manager) => {
  const code = (text: string): string => `export const store = { ${member},\nsave(m) { ${text} } };`;

  expect(analyzeText(code(`${manager}.appendMessage(m);`))).toEqual(["unlocked 2"]);
  expect(analyzeText(code(`${manager}.getEntries();`))).toEqual([]);
});

test.each([
  "const store = { save(sf, m) { WRITE; } };",
  "const store = { save: (sf, m) => { WRITE; } };",
  "const store = Object.freeze({ save(sf, m) { WRITE; } });",
])("a method of an object is judged by all who call it: %s", (object) => {
  const code = (caller: string): string => `${object.replace("WRITE", append)}
export const f = (sf, m) => withSessionWriteLock(sf, () => store.save(sf, m));
${caller}`;

  expect(analyzeText(code(""))).toEqual([]);
  expect(analyzeText(code("export const g = (sf, m) => store.save(sf, m);"))).toEqual(["calleeNeedsLock 3"]);
  expect(analyzeText(code("export { store };"))).toEqual(["unlocked 1"]);
});

test("what an object's literal has in place of a lock is not what its methods find there", () => {
  const code = `export const store = {
  lock: null,
  async begin(sf) { this.lock = await acquireSessionWriteLock({ sessionFile: sf }); },
  async end(sf, m) { await this.lock.release(); ${append}; },
};`;

  expect(analyzeText(code)).toEqual(["unlocked 4"]);
});

test("a function of an object whose name is computed is any of the object's", () => {
  const code = (table: string, body: string): string => `${table}
export async function f(sf, m) { ${body} }`;
  const table = `const table = { add: (s, x) => s.appendMessage(x), label: (s, x) => s.appendLabelChange(x), none: 0 };`;
  const open = "const s = SessionManager.open(sf);";
  const own = `${open} const table = { add: (x) => s.appendMessage(x), read: () => s.getEntries() }; table[m.kind](m);`;

  expect(analyzeText(code(table, `${open} table[m.kind](s, m);`))).toEqual(["unlocked 1", "unlocked 1"]);
  expect(
    analyzeText(code(table, `await withSessionWriteLock(sf, () => { ${open} table[m.kind](s, m); });`)),
  ).toEqual([]);
  expect(analyzeText(code("", own))).toEqual(["unlocked 2"]);
  expect(analyzeText(code("", `await withSessionWriteLock(sf, () => { ${own} });`))).toEqual([]);
});
