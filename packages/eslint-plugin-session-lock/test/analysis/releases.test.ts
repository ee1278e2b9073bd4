import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const write = "SessionManager.open(sessionFile).appendMessage(m);";

test.each([
  "Boolean(lock)",
  "!!lock",
  'typeof lock === "object"',
  '"object" === typeof lock',
  'typeof lock !== "undefined"',
  "undefined !== lock",
])("a lock is released if there is one: %s", (condition) => {
  const code = `export async function f(sessionFile, p) {
  let lock; if (p) lock = await acquireSessionWriteLock({ sessionFile });
  if (${condition}) await lock.release();
}`;

  expect(analyzeText(code)).toEqual([]);
});

test.each(['typeof lock === "string"', 'typeof lock === "undefined"', "!Boolean(lock)"])(
  "a lock is kept where it is released only if there is none: %s",
  (condition) => {
    const code = `export async function f(sessionFile, p) {
  let lock; if (p) lock = await acquireSessionWriteLock({ sessionFile });
  if (${condition}) await lock?.release();
}`;

    expect(analyzeText(code)).toEqual(["leaks 2"]);
  },
);

const acquire = "await acquireSessionWriteLock({ sessionFile })";

test.each([
  `await using stack = new AsyncDisposableStack(); stack.use(${acquire}); ${write}`,
  `await using stack = new AsyncDisposableStack(); const lock = stack.use(${acquire}); lock.run;
${write}`,
  `const stack = new AsyncDisposableStack();
try { stack.use(${acquire}); ${write} } finally { await stack.disposeAsync(); }`,
  `const stack = new AsyncDisposableStack(); stack.use(${acquire}); return stack;`,
])("a lock that a disposable stack uses is released with it: %s", (code) => {
  expect(analyzeText(`export async function f(sessionFile, m) {\n${code}\n}`)).toEqual([]);
});

test("a lock in a stack that nobody disposes of is not released", () => {
  const code = `const stack = new AsyncDisposableStack();\nstack.use(${acquire});`;

  expect(analyzeText(`export async function f(sessionFile) {\n${code}\n}`)).toEqual(["leaks 3"]);
});

test("what is written after the stack's block has no lock", () => {
  const code = `{ await using stack = new AsyncDisposableStack(); stack.use(${acquire}); ${write} }\n${write}`;

  expect(analyzeText(`export async function f(sessionFile, m) {\n${code}\n}`)).toEqual(["released 3"]);
});
