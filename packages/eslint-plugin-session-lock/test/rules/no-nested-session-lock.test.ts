import { noNestedSessionLock } from "../../src/rules/no-nested-session-lock.ts";
import { javascript } from "../rule-tester.ts";

const head = `import { acquireSessionWriteLock } from "session-lock";
const appendLocked = (file) => write(file);
async function append(file) {
  await using lock = await acquireSessionWriteLock({ sessionFile: file });
  appendLocked(file);
}
`;

javascript.run("no-nested-session-lock", noNestedSessionLock, {
  valid: [
    {
      name: "two files whose locks are always taken in one order",
      code: `${head}export async function both(a, b, first) {
  if (first) {
    await using one = await acquireSessionWriteLock({ sessionFile: a });
    await using two = await acquireSessionWriteLock({ sessionFile: b });
    return write(a, b);
  }
  await using one = await acquireSessionWriteLock({ sessionFile: a });
  await using two = await acquireSessionWriteLock({ sessionFile: b });
  return write(b, a);
}`,
    },
  ],
  invalid: [
    {
      name: "a helper that acquires is called under the lock, and has a variant that does not",
      code: `${head}export async function save(file) {
  await using lock = await acquireSessionWriteLock({ sessionFile: file });
  await append(file);
}`,
      errors: [
        {
          messageId: "nested",
          line: 4,
          suggestions: [
            {
              messageId: "callLocked",
              output: `${head}export async function save(file) {
  await using lock = await acquireSessionWriteLock({ sessionFile: file });
  await appendLocked(file);
}`,
            },
          ],
        },
      ],
    },
    {
      name: "two files whose locks are taken in both orders",
      code: `${head}export async function both(a, b, first) {
  if (first) {
    await using one = await acquireSessionWriteLock({ sessionFile: a });
    await using two = await acquireSessionWriteLock({ sessionFile: b });
    return write(a, b);
  }
  await using one = await acquireSessionWriteLock({ sessionFile: b });
  await using two = await acquireSessionWriteLock({ sessionFile: a });
  return write(b, a);
}`,
      errors: [{ messageId: "order", line: 14 }],
    },
  ],
});
