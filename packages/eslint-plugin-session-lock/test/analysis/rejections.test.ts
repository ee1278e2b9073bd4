import { expect, test } from "vitest";
import { analyzeText } from "./analyze-text.ts";

/** Acquires in this way; the rest of the function is line 3. */
function after(how: string, rest: string): string {
  return `export async function f(sessionFile, m) {
const lock = await acquireSessionWriteLock({ sessionFile })${how};
${rest}
}`;
}

const write = "SessionManager.open(sessionFile).appendMessage(m);";
const nothing = [
  ".catch(() => null)",
  ".catch(() => undefined)",
  ".catch(() => {})",
  ".then((l) => l, () => null)",
];

test.each(nothing)("acquire()%s holds the lock, or gives nothing", (how) => {
  const guarded = `if (!lock) return; try { ${write} } finally { await lock.release(); }`;

  expect(analyzeText(after(how, guarded))).toEqual([]);
  expect(analyzeText(after(how, `try { ${write} } finally { await lock?.release(); }`))).toEqual([
    "notOnEveryPath 3",
  ]);
  expect(analyzeText(after(how, `if (!lock) return; ${write}`))).toContain("leaks 2");
});

test.each([
  ".catch((error) => { throw error; })",
  ".catch((error) => { log(error); process.exit(1); })",
  ".catch(rethrow)",
  ".catch((error) => rethrow(error))",
])("acquire()%s holds the lock, or throws", (how) => {
  expect(analyzeText(after(how, `try { ${write} } finally { await lock.release(); }`))).toEqual([]);
});

test("a callback that throws only some errors gives nothing for the others", () => {
  const how = `.catch((error) => { if (error.code === "LOCKED") return null; throw error; })`;

  expect(analyzeText(after(how, `try { ${write} } finally { await lock?.release(); }`))).toEqual([
    "notOnEveryPath 3",
  ]);
});
