import { expect, test } from "vitest";
import { lint } from "../lint.ts";
import { analyzeText } from "./analyze-text.ts";

const save = "function save(sf, m) { SessionManager.open(sf).appendMessage(m); }";
const store = "class Store { save(sf, m) { SessionManager.open(sf).appendMessage(m); } }";

test.each([
  ["under another name", save, "save(sf, m)", "export const other = save;"],
  ["in an object", save, "save(sf, m)", "export const api = { save };"],
  ["in a list", save, "save(sf, m)", "export const all = [save];"],
  ["in an object by default", save, "save(sf, m)", "export default { save };"],
  ["by a function", save, "save(sf, m)", "export const get = () => save;"],
  ["by a function, perhaps", save, "save(sf, m)", "export const get = (p) => (p ? save : undefined);"],
  ["by a function, in an object", save, "save(sf, m)", "export function get() { return { save }; }"],
  ["with its instance", store, "new Store().save(sf, m)", "export const one = new Store();"],
  ["with its instance by default", store, "new Store().save(sf, m)", "export default new Store();"],
  [
    "with a named instance",
    store,
    "new Store().save(sf, m)",
    "const one = new Store(); export { one as store };",
  ],
  [
    "with its instance, by a function",
    store,
    "new Store().save(sf, m)",
    "export const make = () => new Store();",
  ],
])("what leaves the file %s is called without the lock as well", (_, code, call, leave) => {
  const locked = `export const f = (sf, m) => withSessionWriteLock(sf, () => ${call});`;

  expect(analyzeText([code, locked].join("\n"))).toEqual([]);
  expect(analyzeText([code, locked, leave].join("\n"))).toEqual(["unlocked 1"]);
});

test.each([
  "return s.appendMessage;",
  "return s.appendMessage.bind(s);",
  "return { save: s.appendMessage.bind(s) };",
  "return [s.appendMessage];",
  "api.save = s.appendMessage.bind(s);",
  "const write = s.appendMessage.bind(s); return { write };",
])("a method that writes may be called by whoever gets it: %s", (code) => {
  const body = (text: string): string =>
    `export function f(sf, api) { const s = SessionManager.open(sf);\n${text} }`;

  expect(analyzeText(body(code))).toEqual(["unlocked 2"]);
  expect(analyzeText(body(code.replaceAll("appendMessage", "getEntries")))).toEqual([]);
});

test("a method that writes may be called by the component that gets it", () => {
  const code = (method: string): string => `import { SessionManager } from "@session-lock/transcript";
export const View = ({ file }) => { const s = SessionManager.open(file); return <Form save={s.${method}} />; };`;

  expect(lint(code("appendMessage"), { jsx: true })).toEqual(["require-session-lock/unlocked 2"]);
  expect(lint(code("getEntries"), { jsx: true })).toEqual([]);
});

test("a method that writes is compared, and put back, without being called", () => {
  const code = `export async function f(sf, m, work) {
  const s = SessionManager.open(sf);
  const own = s.getEntries;
  if (s.appendMessage === own) s.getEntries = s.getEntry;
  s.appendMessage = s.appendMessage;
}`;

  expect(analyzeText(code)).toEqual([]);
});

test("functions that are given away together with the lock are called while it is held", () => {
  const code = (release: string): string => `export async function take(sf) {
  const lock = await acquireSessionWriteLock({ sessionFile: sf });
  try {
    const s = SessionManager.open(sf);
    return { append: (m) => s.appendMessage(m), ${release} };
  } catch (error) { await lock.release(); throw error; }
}
export const f = async (sf, m) => { const taken = await take(sf); try { taken.append(m); } finally { await taken.release(); } };`;

  expect(analyzeText(code("release: () => lock.release()"))).toEqual([]);
  expect(analyzeText(code("release() {}"))).toContain("unlocked 5");
});
