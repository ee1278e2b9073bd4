import { preferWithSessionLock } from "../../src/rules/prefer-with-session-lock.ts";
import { javascript } from "../rule-tester.ts";

const head = `import { acquireSessionWriteLock, withSessionWriteLock } from "session-lock";
`;
const errors = [{ messageId: "prefer" }];

javascript.run("prefer-with-session-lock", preferWithSessionLock, {
  valid: [
    {
      name: "a handle that the finally does more with",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { await write(); } finally { await lock.release(); await log(); }
}`,
    },
    {
      name: "a handle that is used after the release",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { await write(); } finally { await lock.release(); }
  return lock.epoch;
}`,
    },
    {
      name: "a function of the same name from elsewhere",
      code: `import { acquireSessionWriteLock } from "./locks.js";
export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { await write(); } finally { await lock.release(); }
}`,
    },
    {
      name: "a try that also catches",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try { await write(); } catch { log(); } finally { await lock.release(); }
}`,
    },
  ],
  invalid: [
    {
      name: "a plain shape, with options and a use of the handle",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile, timeoutMs: 100 });
  try {
    await write(lock.epoch);
  } finally {
    await lock.release();
  }
  done();
}`,
      output: `${head}export async function save(sessionFile) {
  await withSessionWriteLock(sessionFile, async (lock) => {
    await write(lock.epoch);
  }, { timeoutMs: 100 });
  done();
}`,
      errors,
    },
    {
      name: "a value returned at the end of a function, and the import that is missing",
      code: `import { acquireSessionWriteLock } from "session-lock";
export async function save(file) {
  const lock = await acquireSessionWriteLock({ sessionFile: file });
  try {
    for (const one of all) { if (one.skip) continue; write(one); }
    return 5;
  } finally {
    await lock.release();
  }
}`,
      output: `import { withSessionWriteLock } from "session-lock";
import { acquireSessionWriteLock } from "session-lock";
export async function save(file) {
  return await withSessionWriteLock(file, () => {
    for (const one of all) { if (one.skip) continue; write(one); }
    return 5;
  });
}`,
      errors,
    },
    {
      name: "a return that something follows is left to the author",
      code: `${head}export async function save(sessionFile) {
  const lock = await acquireSessionWriteLock({ sessionFile });
  try {
    if (done()) return;
    await write();
  } finally {
    await lock.release();
  }
  await more();
}`,
      output: null,
      errors,
    },
    {
      name: "a break out of a loop around it is left to the author",
      code: `${head}export async function save(files) {
  for (const sessionFile of files) {
    const lock = await acquireSessionWriteLock({ sessionFile });
    try {
      if (await write()) break;
    } finally {
      await lock.release();
    }
  }
}`,
      output: null,
      errors,
    },
    {
      name: "options that are not written out are left to the author",
      code: `${head}export async function save(options) {
  const lock = await acquireSessionWriteLock(options);
  try { await write(); } finally { await lock.release(); }
}`,
      output: null,
      errors,
    },
  ],
});
