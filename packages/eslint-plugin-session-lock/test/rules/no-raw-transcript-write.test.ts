import { expect, test } from "vitest";
import { lint, lintMessages } from "../lint.ts";

const imports = `import fs, { promises as fsp } from "node:fs";
import { open } from "node:fs/promises";
`;
const inside = (line: string): string =>
  `${imports}export async function f(sessionFile, other, c, flag) {\n  ${line}\n}`;

test.each([
  [`fs.openSync(sessionFile, "a");`],
  [`fs.open(sessionFile, "w", done);`],
  [`await fsp.open(sessionFile, "a");`],
  [`await using handle = await open(sessionFile, "r+");`],
  [`await fsp.copyFile(other, sessionFile);`],
  [`fs.copyFileSync(other, sessionFile);`],
  [`await fsp.cp(other, sessionFile);`],
  [`fs.renameSync(sessionFile, other);`],
  [`fs.renameSync(other, sessionFile);`],
  [`fs.truncateSync(sessionFile, 0);`],
  [`fs.appendFileSync(c.getSessionFile(), "m");`],
  [`fs.appendFileSync(this.manager?.getSessionFile() ?? other, "m");`],
  [`const path = c.getSessionFile(); fs.appendFileSync(path, "m");`],
])("%s writes a session file", (line) => {
  expect(lint(inside(line))).toEqual(["no-raw-transcript-write/rawUnlocked 4"]);
});

test.each([
  [`fs.openSync(sessionFile);`],
  [`fs.openSync(sessionFile, "r");`],
  [`fs.openSync(sessionFile, flag);`],
  [`fs.openSync(other, "a");`],
  [`await fsp.copyFile(sessionFile, other);`],
  [`await fsp.cp(sessionFile, other);`],
  [`fs.renameSync(other, \`\${other}.old\`);`],
  [`await fsp.unlink(sessionFile);`],
  [`fs.appendFileSync(c.getLogFile(), "m");`],
  [`fs.appendFileSync(\`\${c.getSessionFile()}.log\`, "m");`],
  [`c.open(sessionFile, "a");`],
])("%s writes no session file", (line) => {
  expect(lint(inside(line), { config: "strict" })).toEqual([]);
});

test("a rename says which of its files is the session's", () => {
  const [message] = lintMessages(inside("fs.renameSync(sessionFile, other);"));

  expect(message?.message).toContain("`sessionFile`");
});

test("a copy onto a session file of what was read before the lock is stale", () => {
  const code = `${imports}import { withSessionWriteLock } from "session-lock";
export async function f(sessionFile, other) {
  const text = await fsp.readFile(sessionFile, "utf8");
  await withSessionWriteLock(sessionFile, () => fsp.copyFile(other, sessionFile));
}`;

  expect(lint(code)).toEqual(["no-stale-session-manager/staleRead 6"]);
});
