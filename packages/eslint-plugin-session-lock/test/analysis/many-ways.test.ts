import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** The same line for each of so many conditions, with `N` for its number. */
function each(count: number, line: string): string {
  return Array.from({ length: count }, (_, index) => line.replaceAll("N", String(index))).join(" ");
}

const parameters = (count: number): string => each(count, "cN,");
const managers = each(6, 'let aN; if (cN) aN = SessionManager.open("xN");');
const uses = each(6, "if (cN) aN.getEntries();");

test("more ways than are followed take no longer than so many", () => {
  const code = `export async function f(${parameters(14)} m) {
${each(14, "let lN; if (cN) lN = await acquireSessionWriteLock({ sessionFile: cN });")}
if (c0) SessionManager.open(c0).appendMessage(m);
${each(14, "if (cN) await lN.release();")}
}`;

  expect(analyzeText(code)).toEqual(Array.from({ length: 14 }, () => "leaksOnThrow 2"));
});

test.each([
  ["an array", `[${each(16, "cN ? aN : 0,")}];`],
  ["an object", `({ ${each(16, "xN: cN ? aN : 0,")} });`],
  ["a call", `g(${each(16, "cN ? aN : 0,")});`],
  ["a declaration", `const ${each(16, "xN = cN ? aN : 0,")} x = 0;`],
])("so do more ways through %s", (_, code) => {
  const text = `export async function f(${parameters(16)} m) {
${each(16, 'const aN = SessionManager.open("xN");')} ${code}
${each(16, "if (cN) aN.getEntries();")}
SessionManager.open("a").appendMessage(m);
}`;

  expect(analyzeText(text)).toEqual(["unlocked 4"]);
});

test("nothing is said of a way that none of them is", () => {
  const code = `export async function f(${parameters(6)} sessionFile, skip, m) {
${managers}
const lock = skip ? undefined : await acquireSessionWriteLock({ sessionFile });
try { if (!skip) SessionManager.open(sessionFile).appendMessage(m); }
finally { if (!skip) await lock.release(); }
${uses}
}`;

  expect(analyzeText(code)).toEqual([]);
});

test("nothing is said of two conditions that only together acquire the lock", () => {
  const code = `export async function f(${parameters(6)} sessionFile, p, q, m) {
${managers}
let lock;
if (p) { if (q) lock = await acquireSessionWriteLock({ sessionFile }); }
try { if (p) { if (q) SessionManager.open(sessionFile).appendMessage(m); } }
finally { await lock?.release(); }
${uses}
}`;

  expect(analyzeText(code)).toEqual([]);
});

test("what is wrong on many of the ways is seen", () => {
  const code = `export async function f(${parameters(6)} sessionFile, skip, m) {
${managers}
const lock = skip ? undefined : await acquireSessionWriteLock({ sessionFile });
try { if (c3) SessionManager.open(sessionFile).appendMessage(m); }
finally { if (!skip) await lock.release(); }
${uses}
}`;

  expect(analyzeText(code)).toEqual(["notOnEveryPath 4"]);
});

test("a chain whose calls may each be missing is followed link by link, not once for each way through it", () => {
  const code = (links: string): string => `export async function f(sf, chain) {
  const manager = SessionManager.open(sf);
  await withSessionWriteLock(sf, async () => { await chain${links}; });
  manager.appendMessage(1);
}`;

  expect(analyzeText(code(".on?.(manager)".repeat(60)))).toEqual(["unlocked 4"]);
  expect(analyzeText(code(".then((m) => m, log)".repeat(60)))).toEqual(["unlocked 4"]);
});
