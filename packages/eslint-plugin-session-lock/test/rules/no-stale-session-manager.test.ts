import { noStaleSessionManager } from "../../src/rules/no-stale-session-manager.ts";
import { javascript } from "../rule-tester.ts";

const head = `import { readFile, writeFile } from "node:fs/promises";
import { SessionManager } from "@session-lock/transcript";
import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
`;

javascript.run("no-stale-session-manager", noStaleSessionManager, {
  valid: [
    {
      name: "what a function has read before and told nobody",
      code: `${head}export async function reset(sessionFile) {
  await update(sessionFile, undefined);
  await update(sessionFile, "");
}
async function update(sessionFile, text) {
  await withSessionWriteLock(sessionFile, async () => {
    if (text === undefined) console.log(await readFile(sessionFile, "utf8"));
    else await writeFile(sessionFile, text);
  });
}`,
    },
    {
      name: "a file that is read and rewritten under one lock",
      code: `${head}export const trim = (sessionFile) => withSessionWriteLock(sessionFile, async () => {
  const text = await readFile(sessionFile, "utf8");
  await writeFile(sessionFile, shorten(text));
});`,
    },
    {
      name: "a file that is read again under the lock before it is rewritten",
      code: `${head}export async function trim(sessionFile) {
  if ((await readFile(sessionFile, "utf8")).length < 1000) return;
  await withSessionWriteLock(sessionFile, async () => {
    const text = await readFile(sessionFile, "utf8");
    await writeFile(sessionFile, shorten(text));
  });
}`,
    },
  ],
  invalid: [
    {
      name: "an open before a lock scope is moved into it",
      code: `${head}export async function save(file, message) {
  const sessionManager = SessionManager.open(file);
  await withSessionWriteLock(file, async () => {
    await check(message);
    sessionManager.appendMessage(message);
  });
}`,
      errors: [
        {
          messageId: "stale",
          suggestions: [
            {
              messageId: "openInside",
              output: `${head}export async function save(file, message) {
  await withSessionWriteLock(file, async () => {
    const sessionManager = SessionManager.open(file);
    await check(message);
    sessionManager.appendMessage(message);
  });
}`,
            },
          ],
        },
      ],
    },
    {
      name: "an open before an acquire is moved into its try",
      code: `${head}export async function save(file, message) {
  const sessionManager = SessionManager.open(file);
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try {
    sessionManager.appendMessage(message);
  } finally {
    await lock.release();
  }
}`,
      errors: [
        {
          messageId: "stale",
          suggestions: [
            {
              messageId: "openInside",
              output: `${head}export async function save(file, message) {
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
      name: "an open whose manager is used outside the lock as well stays where it is",
      code: `${head}export async function save(file, message) {
  const sessionManager = SessionManager.open(file);
  await withSessionWriteLock(file, async () => {
    sessionManager.appendMessage(message);
  });
  return sessionManager.getLeafId();
}`,
      errors: [{ messageId: "stale", suggestions: [] }],
    },
    {
      name: "a file that was read before the lock and is rewritten under it",
      code: `${head}export async function trim(sessionFile) {
  const text = await readFile(sessionFile, "utf8");
  await withSessionWriteLock(sessionFile, () => writeFile(sessionFile, shorten(text)));
}`,
      errors: [{ messageId: "staleRead", line: 6 }],
    },
    {
      name: "what a function of the file has read for its caller",
      code: `${head}export async function trim(sessionFile) {
  const text = await load(sessionFile);
  await withSessionWriteLock(sessionFile, () => writeFile(sessionFile, shorten(text)));
}
async function load(sessionFile) {
  return await withSessionWriteLock(sessionFile, () => readFile(sessionFile, "utf8"));
}`,
      errors: [{ messageId: "staleRead", line: 6 }],
    },
  ],
});
