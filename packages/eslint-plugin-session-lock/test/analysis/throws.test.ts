import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** A function that leaks its lock if, and only if, the code between acquire and release may throw. */
function between(code: string): string {
  return `export async function* f(sessionFile, p, q) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  ${code}
  await lock.release();
}`;
}

test.each([
  "g();",
  "p();",
  "p.q();",
  "p?.q();",
  "new G();",
  "await p;",
  "await g;",
  "p.x;",
  "p[0];",
  "p.x = 1;",
  "p?.x.y;",
  "tag`text`;",
  "tag`text ${p}`;",
  "[...p];",
  "g(...p);",
  "const { a } = p;",
  "const [a] = p;",
  "const { a: { b } } = q;",
  "for (const x of p) {}",
  "for await (const x of p) {}",
  "throw p;",
  "if (g()) {}",
  "while (p.x) {}",
  "switch (p.x) { default: }",
  "const h = class extends g() {};",
  "const o = { [p.x]: 1 };",
  "const o = { a: g() };",
  "`${g()}`;",
  "p ?? g();",
  "p && g();",
  "let x = p || g();",
  "await import('x');",
  "(() => g())();",
  "[1].map(() => g());",
  "do { g(); } while (q);",
  "{ using h = p; g(); }",
])("%s may throw", (code) => {
  expect(analyzeText(between(code))).toEqual(["leaksOnThrow 2"]);
});

test.each([
  "p;",
  "let a = p;",
  "const a = 1, b = 'text', c = `text`, d = null;",
  "p?.x;",
  "typeof p;",
  "!p;",
  "void p;",
  "const h = () => g();",
  "const o = { a: p, b: [q] };",
  "const o = { m() { g(); } };",
  "if (p) { q; } else { p; }",
  "for (let i = 0; i < 3; i += 1) {}",
  "lock.epoch;",
  "const { a } = { a: p };",
  "p ? q : p;",
  "p, q;",
  "switch (p) { case q: break; }",
  "function h() { throw p; }",
  "class H { m() { g(); } }",
  "try { g(); } catch {}",
])("%s cannot throw", (code) => {
  expect(analyzeText(between(code)).filter((finding) => finding !== "empty 4")).toEqual([]);
});

test.each(["yield p;", "yield* p;"])("%s may throw, or end the generator", (code) => {
  expect(analyzeText(between(code))).toEqual(["leaks 2", "leaksOnThrow 2"]);
});

test("an exception inside a try goes to its catch, and on from there if that may throw", () => {
  expect(analyzeText(between("try { g(); } catch (error) { h(error); }"))).toEqual(["leaksOnThrow 2"]);
  expect(analyzeText(between("try { g(); } catch (error) { error; }"))).toEqual([]);
});

test("the catch sees the state at each point that may throw, not at the end of the try", () => {
  const code = `export async function f(sessionFile, message) {
  let lock = await acquireSessionWriteLock({ sessionFile });
  try {
    await lock.release();
    between();
    lock = await acquireSessionWriteLock({ sessionFile });
    await lock.release();
  } catch {
    SessionManager.open(sessionFile).appendMessage(message);
  }
}`;

  expect(analyzeText(code)).toEqual(["empty 7", "released 9"]);
});
