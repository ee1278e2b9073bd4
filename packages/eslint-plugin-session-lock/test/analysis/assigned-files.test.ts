import { expect, test } from "vitest";
import { lintMessages } from "../lint.ts";
import { analyzeText } from "./analyze-text.ts";

/** An async function of files and a message; its code is line 1. */
function run(code: string): readonly string[] {
  return analyzeText(`export async function f(a, b, m) { ${code} }`);
}

const write = "SessionManager.open(file).appendMessage(m);";

test.each([
  `let file = a; await withSessionWriteLock(file, async () => { file = b; ${write} });`,
  `let file = "a.jsonl"; await withSessionWriteLock(file, async () => { file = "b.jsonl"; ${write} });`,
  `let file = m.a; const lock = await acquireSessionWriteLock({ sessionFile: file }); try { file = m.b; ${write} } finally { await lock.release(); }`,
  `let file = m.a; await withSessionWriteLock(file, async () => { ({ b: file } = m); ${write} });`,
  `let file = a; await withSessionWriteLock(file, async () => { if (m.x) file = b; ${write} });`,
  `let file = a; await withSessionWriteLock(file, async () => { for (const x of m.xs) { ${write} file = b; } });`,
  `let file = a; const manager = SessionManager.open(file); file = b; await withSessionWriteLock(file, async () => manager.appendMessage(m));`,
  `let key = a; await withSessionWriteLock(pathOf(key), async () => { key = b; SessionManager.open(pathOf(key)).appendMessage(m); });`,
  "let key = a; await withSessionWriteLock(`${key}.jsonl`, async () => { key = b; SessionManager.open(`${key}.jsonl`).appendMessage(m); });",
])("%s writes another file than the one that is locked", (code) => {
  expect(run(code)).toEqual(["wrongFile 1"]);
});

test("a parameter that is given another value names another file", () => {
  const code = `async function save(file, other, m) {
  await withSessionWriteLock(file, async () => { file = other; ${write} });
}`;

  expect(analyzeText(`export ${code}`)).toEqual(["wrongFile 2"]);
  expect(analyzeText(`${code}\nexport const f = (a, b, m) => save(a, b, m);`)).toEqual(["wrongFile 2"]);
});

test.each([
  `let file = a; file = b; await withSessionWriteLock(file, async () => { ${write} });`,
  `let file = a; file = b; await withSessionWriteLock(b, async () => { ${write} });`,
  `let file = a; if (m.x) file = b; await withSessionWriteLock(file, async () => { ${write} });`,
  `let file = a; for (;;) { try { await withSessionWriteLock(file, async () => { ${write} }); return; } catch { file = b; } }`,
  `for (let file of m.files) { await withSessionWriteLock(file, async () => { ${write} }); }`,
  `let file; while ((file = m.next())) { await withSessionWriteLock(file, async () => { ${write} }); }`,
  `let file = m.first; while (file) { await withSessionWriteLock(file, async () => { ${write} }); const { next } = file; file = next; }`,
  `let key = a; key = b; await withSessionWriteLock(pathOf(key), async () => { SessionManager.open(pathOf(key)).appendMessage(m); });`,
])("%s locks the file that it writes", (code) => {
  expect(run(code)).toEqual([]);
});

test("the files of two rounds are not one, though one variable named both", () => {
  const code = `export async function f(files, m) {
  let last;
  for (const file of files) {
    if (last !== undefined) {
      const former = await acquireSessionWriteLock({ sessionFile: last });
      try {
        const lock = await acquireSessionWriteLock({ sessionFile: file });
        try { merge(last, file); } finally { await lock.release(); }
      } finally { await former.release(); }
    }
    last = file;
  }
}`;

  expect(analyzeText(code)).toEqual([]);
});

test.each([
  // The callback may have run or not.
  `let file = a; await choose((x) => { file = b; }); await withSessionWriteLock(b, async () => { ${write} });`,
  `let file = a; m.list.forEach((x) => { file = b; }); await withSessionWriteLock(b, async () => { ${write} });`,
  `let file = a; await choose(async () => { file = b; await withSessionWriteLock(b, () => undefined); }); await withSessionWriteLock(b, async () => { ${write} });`,
  `let file = a; setTimeout(async () => { file = b; await withSessionWriteLock(b, () => undefined); }); await m; await withSessionWriteLock(b, async () => { ${write} });`,
  // It runs once the variable has its other value.
  `let file = a; on("x", () => withSessionWriteLock(b, async () => { ${write} })); file = b;`,
  // Where it is kept, the two are one.
  `let file = a; if (file !== b) file = b; await withSessionWriteLock(b, async () => { ${write} });`,
])("%s is believed, as the variable may name the locked file", (code) => {
  expect(run(code)).toEqual([]);
});

test("a function that is called for two files gives each caller its own", () => {
  const code = `export async function f(p, m) {
  let file = p.a;
  if (p.isOther) file = p.b;
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try { note(p.c); ${write} } finally { await lock.release(); }
}
function note(file) { SessionManager.inMemory(file).appendMessage(1); }`;

  expect(analyzeText(code)).toEqual([]);
});

test("a report names the files where one variable had both", () => {
  const code = `import { SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
export const f = (file, other, m) => withSessionWriteLock(file, () => { file = other; ${write} });`;

  expect(lintMessages(code)[0]?.message).toContain("writes `other`, but the lock that is held is for `file`");
});
