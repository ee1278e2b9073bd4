import { expect, test } from "vitest";
import { lintMessages } from "../lint.ts";

test.each([
  ["go() as any", "await go() as any"],
  ["go() satisfies unknown", "await go() satisfies unknown"],
  ["go()!", "await go()!"],
])("return %s is fixed to await the work", (value, fixed) => {
  const codeOf = (returned: string): string => `import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock } from "session-lock";
export async function save(sessionFile: string) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  const go = async () => SessionManager.open(sessionFile).appendMessage("m");
  try { return ${returned}; } finally { await lock.release(); }
}`;
  const code = codeOf(value);
  const [message] = lintMessages(code, { typescript: true });
  const fix = message?.fix;

  expect(fix === undefined ? code : code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1])).toBe(
    codeOf(fixed),
  );
  expect(lintMessages(codeOf(fixed), { typescript: true })).toEqual([]);
});
