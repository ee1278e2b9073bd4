import { expect, test } from "vitest";
import { lint } from "../lint.ts";

const imports = `import type { SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock, type SessionWriteLock } from "session-lock";`;

/** A module whose function takes `given`; its code is in line 3. */
function reports(type: string, code: string): readonly string[] {
  const text = `${imports}\nexport async function f(given: ${type}, sf: string, m: Message) { ${code} }`;
  return lint(text, { typescript: true });
}

test.each([
  ["SessionManager[]", "for (const s of given) s.appendMessage(m);"],
  ["readonly SessionManager[]", "given.forEach((s) => s.appendMessage(m));"],
  ["Array<SessionManager>", "given[0].appendMessage(m);"],
  ["ReadonlyArray<SessionManager>", "given.map((s) => s.appendMessage(m));"],
  ["Promise<SessionManager>", "(await given).appendMessage(m);"],
  ["Promise<SessionManager>", "await given.then((s) => s.appendMessage(m));"],
  ["{ readonly open: Promise<SessionManager> }", "(await given.open).appendMessage(m);"],
])("a manager in what is typed %s is written under the callers' lock: %s", (type, code) => {
  expect(reports(type, code)).toEqual(["require-session-lock/callerMustLock 3"]);
  expect(reports(type, code.replace("appendMessage", "getEntry"))).toEqual([]);
  expect(reports(type, `await withSessionWriteLock(sf, async () => { ${code} });`)).toEqual([]);
});

test.each([
  ["SessionWriteLock[]", "for (const lock of given) await lock.release();"],
  ["Promise<SessionWriteLock>", "await (await given).release();"],
])("a lock in what is typed %s is nobody's to release", (type, code) => {
  expect(reports(type, code)).toEqual([]);
  expect(reports(type, "await work();")).toEqual([]);
});
