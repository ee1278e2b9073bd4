import { expect, test } from "vitest";
import { lintMessages } from "../lint.ts";

const imports = `import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock } from "session-lock";
`;

test.each([
  [
    "the file of a lock that an annotation names",
    `/** @requires-session-lock a */
export function g(a: string, b: string) { SessionManager.open(a).appendSessionInfo(b); SessionManager.open(b).appendMessage("m"); }`,
    "the lock that is held is for `a`.",
  ],
  [
    "that a manager came from a call",
    `export function h() { const s: SessionManager = getIt(); s.appendMessage("m"); }`,
    "a session manager that `h()` got from elsewhere, and",
  ],
  [
    "that a manager is a parameter",
    `export function h(s: SessionManager) { s.appendMessage("m"); }`,
    "a session manager that `h()` was handed, and",
  ],
  [
    "that the `finally` releases too late",
    `export async function save(sessionFile: string) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { SessionManager.open(sessionFile).appendMessage("m"); } finally { await cleanup(); await lock.release(); }
}`,
    "Release it first there",
  ],
  [
    "that the `try` stands too late",
    `export async function save(sessionFile: string) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  check();
  try { SessionManager.open(sessionFile).appendMessage("m"); } finally { await lock.release(); }
}`,
    "Put the `try` right after the acquire",
  ],
])("a message says %s", (_, code, text) => {
  const [message, ...others] = lintMessages(imports + code, { typescript: true });

  expect(message?.message).toContain(text);
  expect(others).toEqual([]);
});
