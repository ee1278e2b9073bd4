// A process that does with locks what the test tells it to, one message at a time.
import fs, { appendFileSync, openSync, writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import {
  acquireSessionWriteLock,
  breakSessionLock,
  cleanSessionLocks,
  inspectSessionLock,
  listSessionLocks,
  tryAcquireSessionWriteLock,
  withSessionWriteLock,
} from "session-lock";

/** The end of a hang, not a measure: on a busy machine it takes seconds until all whom a test asks have come. Nothing is old before that. */
const patient = { timeoutMs: 120_000, staleMs: 600_000 };

const locks = new Map();
const files = new Map();

const operations = {
  /** Gives up root's right to pass over file permissions, where this is root. What is loaded on first use is loaded before. */
  async becomeOrdinary({ folder }) {
    for (const engine of ["kernel", "lockfile"])
      await (
        await acquireSessionWriteLock({ sessionFile: `${folder}/${process.pid}-${engine}`, engine })
      ).release();
    if (process.getuid?.() === 0) process.setuid(65_534);
  },
  inspect({ sessionFile }) {
    return inspectSessionLock(sessionFile);
  },
  list({ folder }) {
    return { statuses: listSessionLocks(folder) };
  },
  clean({ folder }) {
    return cleanSessionLocks(folder);
  },
  breakLock({ sessionFile, ...options }) {
    return { outcome: breakSessionLock(sessionFile, options).outcome };
  },
  openForAppend({ name = "file", file }) {
    files.set(name, openSync(file, "a"));
  },
  appendLate({ name = "file", text }) {
    writeSync(files.get(name), text);
  },
  async acquire({ name = "lock", ...options }) {
    const lock = await acquireSessionWriteLock({ ...patient, ...options });
    locks.set(name, lock);
    return { epoch: lock.epoch };
  },
  tryAcquire({ name = "lock", ...options }) {
    const lock = tryAcquireSessionWriteLock(options);
    if (lock !== undefined) locks.set(name, lock);
    return { acquired: lock !== undefined };
  },
  /** Takes many locks and is stopped before it has held any of them for long. Answers when it is continued. */
  acquireAllAndStop({ sessionFiles, ...options }) {
    for (const sessionFile of sessionFiles)
      locks.set(sessionFile, tryAcquireSessionWriteLock({ sessionFile, ...options }));
    process.kill(process.pid, "SIGSTOP");
  },
  /** Fails inside the lock's scope, when the lock cannot be let go any more. */
  async failInScope({ sessionFile, message, ...options }) {
    const fail = () => {
      fs.chmodSync(path.dirname(sessionFile), 0o500);
      throw new Error(message);
    };
    await withSessionWriteLock(sessionFile, fail, options);
  },
  async release({ name = "lock" }) {
    await locks.get(name).release();
  },
  assertHeld({ name = "lock" }) {
    locks.get(name).assertHeld();
    return { held: true };
  },
  /** Answers first; then blocks the event loop. */
  block({ ms }) {
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms));
  },
  /** Holds again and again, then blocks the event loop right behind the last release, and answers when that is over. */
  async burst({ times, blockMs, ...options }) {
    for (let done = 0; done < times; done += 1) {
      const lock = await acquireSessionWriteLock({ ...patient, ...options });
      await new Promise(setImmediate);
      await lock.release();
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
  },
  /** Answers first; then blocks the event loop and, with the lock still held, appends and releases. */
  blockAppendRelease({ ms, file, text }) {
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      appendFileSync(file, text);
      void locks.get("lock").release();
    });
  },
  /** Checks its right, is stopped before it can write, writes when continued, and then checks again. */
  checkStopWrite({ file, text }) {
    const fd = openSync(file, "a");
    const lock = locks.get("lock");
    lock.assertHeld();
    process.kill(process.pid, "SIGSTOP");
    writeSync(fd, text);
    lock.assertHeld();
  },
  /** This process is stopped right after it has made a certain call of node:fs for the next time. */
  stopAfter({ call, times = 1 }) {
    const plain = fs[call];
    let left = times;
    fs[call] = (...given) => {
      left -= 1;
      if (left > 0) return plain(...given);
      fs[call] = plain;
      syncBuiltinESMExports();
      const result = plain(...given);
      process.kill(process.pid, "SIGSTOP");
      return result;
    };
    syncBuiltinESMExports();
  },
  exit({ code = 0 }) {
    setImmediate(() => process.exit(code));
  },
};

process.on("message", async ({ id, operation, input }) => {
  try {
    process.send({ id, result: await operations[operation](input) });
  } catch (error) {
    const { code, message, holder, sameProcess, retryable } = error;
    process.send({ id, failure: { code, message, holder, sameProcess, retryable } });
  }
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });
