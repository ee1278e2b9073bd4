import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** A function that is entered, as it has to do with managers, and sees none of its caller's variables. */
const read = `async function read(file) { return SessionManager.open(file).getEntries(); }
`;
const append = "SessionManager.open(file).appendMessage(m);";
const acquire = "await acquireSessionWriteLock({ sessionFile: file })";

test("what the caller knows of its own variables is the same behind a call as before it", () => {
  const code = (isHeld: string): string => `${read}
export async function write(file, m, careful) {
  let isHeld = false; let lock; if (careful) { lock = ${acquire}; isHeld = true; }
  try { await read(file); if (${isHeld}) ${append} } finally { if (isHeld) await lock.release(); }
}`;

  expect(analyzeText(code("isHeld"))).toEqual([]);
  expect(analyzeText(code("true"))).toEqual(["notOnEveryPath 5"]);
});

test("what was decided before a call is decided behind it", () => {
  const code = (careful: string): string => `${read}
export async function write(file, m, careful) {
  let lock; if (careful) lock = ${acquire};
  try { await read(file); if (${careful}) ${append} } finally { if (careful) await lock.release(); }
}`;

  expect(analyzeText(code("careful"))).toEqual([]);
  expect(analyzeText(code("true"))).toEqual(["notOnEveryPath 5"]);
});

test("a function that takes a lock does so for every way on which it is called", () => {
  const code = (
    end: string,
  ): string => `async function take(file) { return acquireSessionWriteLock({ sessionFile: file }); }
export async function write(file, m) {
  let name = "a"; if (m.isLong) name = "b";
  const lock = await take(file);
  try { ${append} log(name); } finally { ${end} }
}`;

  expect(analyzeText(code("await lock.release();"))).toEqual([]);
  expect(analyzeText(code("if (name) await lock.release();"))).toEqual(["leaks 1", "leaksOnThrow 1"]);
});

test("a variable lives on with the function that uses it", () => {
  const code = (end: string): string => `async function open(file) {
  const lock = ${acquire};
  return { append: (m) => SessionManager.open(file).appendMessage(m), close: () => lock.release() };
}
export async function write(file, m) {
  const session = await open(file);
  try { session.append(m); } finally { await session.close(); }
  ${end}
}`;

  expect(analyzeText(code(""))).toEqual([]);
  expect(analyzeText(code("session.append(m);"))).toEqual(["calleeNeedsLock 8"]);
});
