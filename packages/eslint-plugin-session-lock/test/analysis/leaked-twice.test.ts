import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

const acquire = "await acquireSessionWriteLock({ sessionFile })";

test("a lock that each round of a loop leaks is not nested in that of the round before", () => {
  const code = `export async function f(sessionFile, ms) {
  for (const m of ms) { const lock = ${acquire}; SessionManager.open(sessionFile).appendMessage(m); }
}`;

  expect(analyzeText(code)).toEqual(["leaks 2", "leaksOnThrow 2"]);
});

test("a lock that replaces another in its variable is not nested in it", () => {
  const code = `export async function f(sessionFile) {
  let lock = ${acquire};
  lock = ${acquire}; await lock.release();
}`;

  expect(analyzeText(code).filter((finding) => !finding.startsWith("empty"))).toEqual([
    "leaks 2",
    "leaksOnThrow 2",
  ]);
});

test("the locks of different files that a loop collects are not nested", () => {
  const code = `export async function f(files) {
  const locks = [];
  for (const sessionFile of files) locks.push(${acquire});
}`;

  expect(analyzeText(code)).toEqual([]);
});

test("a second lock of the same file is nested in the first", () => {
  const code = `export async function f(sessionFile, other) {
  const lock = ${acquire};
  try { other = ${acquire}; await other.release(); } finally { await lock.release(); }
}`;

  expect(analyzeText(code)).toContain("nested 3");
});
