import { requireSessionLock } from "../../src/rules/require-session-lock.ts";
import { javascript } from "../rule-tester.ts";

const manager = `import { SessionManager } from "@session-lock/transcript";\n`;
const locks = `import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";\n`;

javascript.run("require-session-lock", requireSessionLock, {
  valid: [
    {
      name: "a write in a try whose finally releases the lock",
      code: `${manager}${locks}export async function save(file, message) {
        const lock = await acquireSessionWriteLock({ sessionFile: file });
        try {
          SessionManager.open(file).appendMessage(message);
        } finally {
          await lock.release();
        }
      }`,
    },
    {
      name: "a write in a block that owns the lock",
      code: `${manager}${locks}export async function save(file, message) {
        await using lock = await acquireSessionWriteLock({ sessionFile: file });
        const sessionManager = SessionManager.open(file);
        sessionManager.appendMessage(message);
      }`,
    },
    {
      name: "a write in the wrapper's callback",
      code: `${manager}${locks}export const save = (file, message) =>
        withSessionWriteLock(file, () => SessionManager.open(file).appendMessage(message));`,
    },
    {
      name: "a class of the same name from elsewhere",
      code: `import { SessionManager } from "./sessions.js";
      export const save = (file, message) => SessionManager.open(file).appendMessage(message);`,
    },
  ],
  invalid: [
    {
      name: "a chained open and append, with a suggestion that adds the import",
      code: `${manager}export async function save(file, message) {
  SessionManager.open(file).appendMessage(message);
}`,
      errors: [
        {
          messageId: "unlocked",
          line: 3,
          column: 29,
          suggestions: [
            {
              messageId: "wrap",
              output: `import { withSessionWriteLock } from "session-lock";
${manager}export async function save(file, message) {
  await withSessionWriteLock(file, () => {
    SessionManager.open(file).appendMessage(message);
  });
}`,
            },
            {
              messageId: "acquire",
              output: `import { acquireSessionWriteLock } from "session-lock";
${manager}export async function save(file, message) {
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try {
    SessionManager.open(file).appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
            },
          ],
        },
      ],
    },
    {
      name: "two writes through a variable are one report, and the suggestion uses the import that is there",
      code: `import { withSessionWriteLock as locked } from "session-lock";
${manager}export async function save(file, message) {
  const sessionManager = SessionManager.open(file);
  sessionManager.appendMessage(message);
}`,
      errors: [
        {
          message:
            "`appendMessage()` writes `file` without its session write lock (opened at 4:26). Open and write it inside `withSessionWriteLock()`.",
          suggestions: [
            {
              messageId: "wrap",
              output: `import { withSessionWriteLock as locked } from "session-lock";
${manager}export async function save(file, message) {
  await locked(file, () => {
    const sessionManager = SessionManager.open(file);
    sessionManager.appendMessage(message);
  });
}`,
            },
            {
              messageId: "acquire",
              output: `import { acquireSessionWriteLock } from "session-lock";
import { withSessionWriteLock as locked } from "session-lock";
${manager}export async function save(file, message) {
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try {
    const sessionManager = SessionManager.open(file);
    sessionManager.appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
            },
          ],
        },
      ],
    },
    {
      name: "a write that is returned gets a handle, not a callback",
      code: `${manager}${locks}export async function save(sessionFile, message, lock) {
  return SessionManager.open(sessionFile).appendMessage(message);
}`,
      errors: [
        {
          messageId: "unlocked",
          suggestions: [
            {
              messageId: "acquire",
              output: `${manager}${locks}export async function save(sessionFile, message, lock) {
  const sessionLock = await acquireSessionWriteLock({ sessionFile });
  try {
    return SessionManager.open(sessionFile).appendMessage(message);
  } finally {
    await sessionLock.release();
  }
}`,
            },
          ],
        },
      ],
    },
    {
      name: "a write in a synchronous function gets no suggestion",
      code: `${manager}export function save(file, message) {
        try { SessionManager.open(file).appendMessage(message); } catch { return false; }
      }`,
      errors: [{ messageId: "unlocked", suggestions: [] }],
    },
  ],
});
