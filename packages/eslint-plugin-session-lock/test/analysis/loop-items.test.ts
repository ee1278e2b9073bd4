import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** Runs code under the lock, with a function that writes once something else is done; the code is line 3. */
function under(code: string): string {
  return `async function add(sf, m) { await ready(); SessionManager.open(sf).appendMessage(m); }
export const save = (sf, ms) => withSessionWriteLock(sf, async () => {
${code}
});`;
}

test.each([
  "for (const p of ms.map((m) => add(sf, m))) await p;",
  "const ps = ms.map((m) => add(sf, m)); for (const p of ps) { log(p); await p; }",
  "for (const p of [add(sf, 1), add(sf, 2)]) await p;",
  "for await (const p of ms.map((m) => add(sf, m))) log(p);",
  "let p; for (p of ms.map((m) => add(sf, m))) await p;",
])("%s waits for each", (code) => {
  expect(analyzeText(under(code))).toEqual([]);
});

test.each([
  "for (const p of ms.map((m) => add(sf, m))) log(1);",
  "for (const p of ms.map((m) => add(sf, m))) { if (sf.x) break; await p; }",
  "for (const p of ms.map((m) => add(sf, m))) { if (sf.x) continue; await p; }",
])("%s does not wait for each", (code) => {
  expect(analyzeText(under(code))).toEqual(["outlives 3"]);
});

test.each([
  "const a = [SessionManager.open(sf)]; a[0].appendMessage(m);",
  "for (const s of [SessionManager.open(sf)]) s.appendMessage(m);",
  "for (const s of [m, SessionManager.open(sf)]) s.appendMessage(m);",
  "for (const [s] of [[SessionManager.open(sf)]]) s.appendMessage(m);",
  "const ss = m.map((x) => SessionManager.open(x)); for (const s of ss) s.appendMessage(m);",
  "const ss = m.map((x) => SessionManager.open(x)); ss.forEach((s) => s.appendMessage(m));",
  "const ss = m.map((x) => SessionManager.open(x)); ss[7].appendMessage(m);",
  "const ss = m.map(SessionManager.open); for (const s of ss) s.appendMessage(m);",
  "[m, SessionManager.open(sf)].forEach((s) => s.appendMessage(m));",
])("%s writes with a manager of the list", (code) => {
  expect(analyzeText(`export const f = (sf, m) => { ${code} };`)).toEqual(["unlocked 1"]);
  const locked = `withSessionWriteLock("a", () => { ${code} })`;
  expect(analyzeText(`export const f = (sf, m) => ${locked};`)).toEqual([]);
});

test("a loop over a list that may be empty may run no round", () => {
  const code = `export async function f(sf, ms, m) {
  let lock;
  for (const p of ms.map((x) => add(x))) {
    await p; lock = await acquireSessionWriteLock({ sessionFile: sf }); break;
  }
  try { SessionManager.open(sf).appendMessage(m); } finally { await lock?.release(); }
}
const add = async (x) => { await x; SessionManager.inMemory().appendMessage(x); };`;

  expect(analyzeText(code)).toEqual(["notOnEveryPath 6"]);
});

test("an array method calls a method that it is handed before it returns", () => {
  const code = `export const save = (sf, ms) => withSessionWriteLock(sf, () => {
const s = SessionManager.open(sf); ms.forEach(s.appendMessage.bind(s)); });`;

  expect(analyzeText(code)).toEqual([]);
});
