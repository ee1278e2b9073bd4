import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** Runs code with a manager of `a`, each statement on its own line from line 2. */
function run(open: string, ...statements: readonly string[]): readonly string[] {
  return analyzeText(
    `export async function f(a, b, m) { const s = SessionManager.${open};\n${statements.join("\n")}\n}`,
  );
}

const change = "s.setSessionFile(b);";
const write = "s.appendMessage(m);";
const under = (file: string, code: string): string =>
  `await withSessionWriteLock(${file}, () => { ${code} });`;

test.each(["inMemory()", "create(m)"])("a manager made by %s that is given a file writes it", (open) => {
  expect(run(open, change)).toEqual(["unlocked 2"]);
  expect(run(open, under("b", change), write)).toEqual(["unlocked 3"]);
  expect(run(open, write, under("b", change + write))).toEqual([]);
});

test("a manager that is given another file needs the lock of that one", () => {
  expect(run("open(a)", under("b", change + write))).toEqual([]);
  expect(run("open(a)", under("a", change))).toEqual(["wrongFile 2"]);
  expect(run("open(a)", under("b", change), under("a", write))).toEqual(["wrongFile 3"]);
});
