import { expect, test } from "vitest";
import { lint } from "../lint.ts";
import { analyzeText } from "./analyze-text.ts";

const open = "SessionManager.open(sf)";

test.each([
  `${open}[m.isCustom ? "appendCustomEntry" : "appendMessage"](m);`,
  `const write = ${open}.appendMessage; write\`a\${m}\`;`,
  `const write = (texts, x) => ${open}.appendMessage(x); write\`a\${m}\`;`,
  `const holder = {}; Object.assign(holder, { manager: ${open} }); holder.manager.appendMessage(m);`,
  `const holder = Object.assign({}, { manager: ${open} }); holder.manager.appendMessage(m);`,
  `new WeakRef(${open}).deref()?.appendMessage(m);`,
  `const reference = new WeakRef(${open}); const manager = reference.deref(); if (manager) manager.appendMessage(m);`,
])("%s writes", (code) => {
  expect(analyzeText(`export const f = (sf, m) => { ${code} };`)).toEqual(["unlocked 1"]);
  expect(analyzeText(`export const f = (sf, m) => withSessionWriteLock(sf, () => { ${code} });`)).toEqual([]);
});

test.each([
  `${open}[m.isLong ? "getEntries" : "getHeader"]();`,
  `sql\`select \${${open}}\`;`,
  `const holder = {}; Object.assign(holder, { manager: ${open} }); holder.manager.getEntries();`,
])("%s does not write", (code) => {
  expect(analyzeText(`export const f = (sf, m) => { ${code} };`)).toEqual([]);
});

test("a manager that another name of its class opened writes", () => {
  const code = (body: string): string => `import * as Transcript from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import Manager = Transcript.SessionManager;
export const f = (sf: string, m: unknown) => ${body};`;

  expect(lint(code("Manager.open(sf).appendMessage(m)"), { typescript: true })).toEqual([
    "require-session-lock/unlocked 4",
  ]);
  expect(
    lint(code("withSessionWriteLock(sf, () => Manager.open(sf).appendMessage(m))"), { typescript: true }),
  ).toEqual([]);
});

/** A module that uses the file system; its code begins in line 5. */
function withFiles(code: string): readonly string[] {
  return lint(
    `import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import util, { promisify } from "node:util";
${code}`,
    { config: "strict" },
  );
}

test.each([
  "export const f = (sessionFile, base, m) => fs.appendFileSync(new URL(sessionFile, base), m);",
  'export const f = (base, m) => fs.appendFileSync(new URL("a.jsonl", base), m);',
  "export const f = (sessionFile, base, m) => fs.appendFileSync(fileURLToPath(new URL(sessionFile, base)), m);",
  "export const f = (sessionFile, m) => promisify(fs.appendFile)(sessionFile, m);",
  "const append = util.promisify(fs.appendFile); export const f = (sessionFile, m) => append(sessionFile, m);",
])("%s writes a session file past its manager", (code) => {
  expect(withFiles(code)).toEqual(["no-raw-transcript-write/rawUnlocked 5"]);
});

test.each([
  'export const f = (sessionFile, m) => fs.appendFileSync(new URL("a.log", sessionFile), m);',
  "export const f = (log, base, m) => fs.appendFileSync(fileURLToPath(new URL(log, base)), m);",
  'const append = util.promisify(fs.appendFile); export const f = (m) => append("a.log", m);',
  "const read = util.promisify(fs.readFile); export const f = (sessionFile) => read(sessionFile);",
])("%s writes no session file", (code) => {
  expect(withFiles(code)).toEqual([]);
});
