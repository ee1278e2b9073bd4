import { releaseSessionLock } from "../../src/rules/release-session-lock.ts";
import { javascript } from "../rule-tester.ts";

const head = `import { acquireSessionWriteLock } from "session-lock";
`;

javascript.run("release-session-lock", releaseSessionLock, {
  valid: [
    {
      name: "a release with work before it",
      code: `${head}export async function save(sessionFile) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
}`,
    },
  ],
  invalid: [
    {
      name: "an acquire that is followed by other work is moved down to its try",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await prepare();
  try {
    await write();
  } finally {
    await lock.release();
  }
}`,
      errors: [
        {
          messageId: "leaksOnThrow",
          suggestions: [
            {
              messageId: "moveToTry",
              output: `${head}export async function save(sessionFile) {
  await prepare();
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    await write();
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
      name: "what stands on the lines of a moved acquire stays where it is",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile }); // as short as can be
  // it has to be there
  await prepare();
  try { await write(); } finally { await lock.release(); }
}`,
      errors: [
        {
          messageId: "leaksOnThrow",
          suggestions: [
            {
              messageId: "moveToTry",
              output: `${head}export async function save(sessionFile) {
  // as short as can be
  // it has to be there
  await prepare();
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { await write(); } finally { await lock.release(); }
}`,
            },
          ],
        },
      ],
    },
    {
      name: "a release that shares its line is replaced by await using",
      code: `${head}export async function save(sessionFile) { const lock = await acquireSessionWriteLock({ sessionFile }); await write(lock.epoch); await lock.release(); done(); }`,
      errors: [
        {
          messageId: "leaksOnThrow",
          suggestions: [
            {
              messageId: "using",
              output: `${head}export async function save(sessionFile) { await using lock = await acquireSessionWriteLock({ sessionFile }); await write(lock.epoch); done(); }`,
            },
          ],
        },
      ],
    },
    {
      name: "a release at the end is replaced by await using",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await write(lock.epoch);
  await lock.release();
}`,
      errors: [
        {
          messageId: "leaksOnThrow",
          suggestions: [
            {
              messageId: "using",
              output: `${head}export async function save(sessionFile) {
  await using lock = await acquireSessionWriteLock({ sessionFile });
  await write(lock.epoch);
}`,
            },
          ],
        },
      ],
    },
    {
      name: "a lock that the work before the try needs is not moved",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await prepare(lock.epoch);
  try {
    await write();
  } finally {
    await lock.release();
  }
}`,
      errors: [{ messageId: "leaksOnThrow", suggestions: [] }],
    },
    {
      name: "a lock that is released right after it was acquired covers nothing",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  await lock.release();
  await write();
}`,
      errors: [{ messageId: "empty", line: 4 }],
    },
  ],
});
