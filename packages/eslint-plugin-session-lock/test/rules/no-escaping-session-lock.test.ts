import { noEscapingSessionLock } from "../../src/rules/no-escaping-session-lock.ts";
import { javascript } from "../rule-tester.ts";

const head = `import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
async function append(file, message) { await tick(); SessionManager.open(file).appendMessage(message); }
`;

/** A function that returns something inside `try`, with a `finally` that releases. */
function returning(expression: string, options: { readonly async?: boolean } = {}): string {
  const { async = true } = options;
  return `${head}export const save = ${async ? "async " : ""}(file, message, cond, lock = takeLock(file)) => {
  ${async ? "lock = await acquireSessionWriteLock({ sessionFile: file });" : ""}
  try {
    return ${expression};
  } finally {
    ${async ? "await " : ""}lock.release();
  }
};`;
}

const error = { messageId: "outlives" } as const;

javascript.run("no-escaping-session-lock", noEscapingSessionLock, {
  valid: [
    { name: "a returned promise that is awaited", code: returning("await append(file, message)") },
    {
      name: "one that goes on after a race is awaited behind it",
      code: `${head}export async function save(file, message, late) {
  await withSessionWriteLock(file, async () => {
    const appended = append(file, message);
    await Promise.race([appended, late]);
    await appended;
  });
}`,
    },
    { name: "a promise that only the test of a condition looks at", code: returning("cond ? 1 : 2") },
  ],
  invalid: [
    ...["Promise.all", "Promise.allSettled", "Promise.race", "Promise.any"].map((combine) => ({
      name: `one promise for many that nobody awaits: ${combine}`,
      code: `${head}export async function save(file, messages) {
  await withSessionWriteLock(file, async () => {
    ${combine}(messages.map(async (message) => append(file, message)));
  });
}`,
      errors: [
        {
          messageId: "outlives",
          line: 6,
          column: 5,
          suggestions: [
            {
              messageId: "addAwait",
              output: `${head}export async function save(file, messages) {
  await withSessionWriteLock(file, async () => {
    await ${combine}(messages.map(async (message) => append(file, message)));
  });
}`,
            },
          ],
        } as const,
      ],
    })),
    ...["any", "race"].map((combine) => ({
      name: `the one that is late goes on after an awaited Promise.${combine}()`,
      code: `${head}export async function save(file, message, late) {
  await withSessionWriteLock(file, async () => {
    await Promise.${combine}([append(file, message), late]);
  });
}`,
      errors: [
        {
          messageId: "outlives",
          data: { call: "append(file, message)", acquired: "5:9" },
          line: 6,
        } as const,
      ],
    })),
    {
      name: "one promise for two that nobody awaits is one report",
      code: `${head}export async function save(file, message) {
  await withSessionWriteLock(file, async () => {
    void Promise.all([append(file, message), append(file, message)]);
  });
}`,
      errors: [
        {
          messageId: "outlives",
          column: 10,
          suggestions: [
            {
              messageId: "addAwait",
              output: `${head}export async function save(file, message) {
  await withSessionWriteLock(file, async () => {
    await Promise.all([append(file, message), append(file, message)]);
  });
}`,
            },
          ],
        },
      ],
    },
    {
      name: "one promise for many that is returned",
      code: returning("Promise.all(message.map((one) => append(file, one)))"),
      output: returning("await Promise.all(message.map((one) => append(file, one)))"),
      errors: [error],
    },
    {
      name: "a returned promise is awaited by the fix",
      code: returning("append(file, message)"),
      output: returning("await append(file, message)"),
      errors: [error],
    },
    {
      name: "a promise returned by one arm of a condition is awaited there",
      code: returning("cond ? append(file, message) : undefined"),
      output: returning("cond ? await append(file, message) : undefined"),
      errors: [error],
    },
    {
      name: "a promise returned behind a logical operator is awaited there",
      code: returning("cond && append(file, message)"),
      output: returning("cond && await append(file, message)"),
      errors: [error],
    },
    {
      name: "a call that nothing awaits gets a suggestion",
      code: `${head}export const save = (file, message) => withSessionWriteLock(file, async () => {
  append(file, message);
});`,
      errors: [
        {
          ...error,
          suggestions: [
            {
              messageId: "addAwait",
              output: `${head}export const save = (file, message) => withSessionWriteLock(file, async () => {
  await append(file, message);
});`,
            },
          ],
        },
      ],
    },
    {
      name: "a call behind void gets a suggestion that takes the void away",
      code: `${head}export const save = (file, message) => withSessionWriteLock(file, async () => {
  void append(file, message);
});`,
      errors: [
        {
          ...error,
          suggestions: [
            {
              messageId: "addAwait",
              output: `${head}export const save = (file, message) => withSessionWriteLock(file, async () => {
  await append(file, message);
});`,
            },
          ],
        },
      ],
    },
    {
      name: "in a function that is not async nothing is offered",
      code: `${head}export const save = (file, message) => withSessionWriteLock(file, () => {
  void append(file, message);
});`,
      errors: [error],
    },
    {
      name: "a lock scope that nothing awaits gets a suggestion",
      code: `${head}export async function save(file, message) {
  withSessionWriteLock(file, () => append(file, message));
}`,
      errors: [
        {
          messageId: "floating",
          suggestions: [
            {
              messageId: "addAwait",
              output: `${head}export async function save(file, message) {
  await withSessionWriteLock(file, () => append(file, message));
}`,
            },
          ],
        },
      ],
    },
  ],
});
