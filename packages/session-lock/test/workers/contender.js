// One of many processes that are told to do the same thing at the same instant.
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import lockfile from "proper-lockfile";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";

let held;

const tasks = {
  /** Tries once, at `at`, and keeps what it gets until told to let go. */
  async tryOurs({ sessionFile, at }) {
    await spinUntil(at);
    const lock = tryAcquireSessionWriteLock({ sessionFile, engine: "lockfile" });
    held = lock && (() => lock.release());
    return lock !== undefined;
  },
  /** The same with plain proper-lockfile, which also gets to decide what is stale. */
  async tryPlain({ sessionFile, at }) {
    await spinUntil(at);
    try {
      held = await lockfile.lock(sessionFile, {
        realpath: false,
        retries: 0,
        onCompromised: () => undefined,
      });
      return true;
    } catch (error) {
      if (error.code !== "ELOCKED" && error.code !== "ENOENT") throw error;
      return false;
    }
  },
  async letGo() {
    await held?.().catch((error) => {
      // A robbed plain lock cannot be released properly; that is what its test shows.
      if (error.code !== "ERELEASED" && error.code !== "ENOTACQUIRED" && error.code !== "ENOENT") throw error;
    });
    held = undefined;
  },
  /** Read-modify-write of a counter, each under the lock. */
  async count({ sessionFile, engine, counter, times, at }) {
    const fd = openSync(counter, "r+");
    await spinUntil(at);
    for (let done = 0; done < times; done += 1) {
      const lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 120_000 });
      const value = readNumber(fd);
      await new Promise(setImmediate);
      writeNumber(fd, value + 1);
      await lock.release();
    }
    closeSync(fd);
  },
  /** Holds for a while again and again; answers how long each wait was, and how many others were served meanwhile. */
  async contend({ sessionFile, engine, counter, times, holdMs, at }) {
    const fd = openSync(counter, "r+");
    await spinUntil(at);
    const waits = [];
    for (let done = 0; done < times; done += 1) {
      const served = readNumber(fd);
      const since = performance.now();
      const lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 120_000 });
      const now = readNumber(fd);
      waits.push({ passedOver: now - served, ms: performance.now() - since });
      writeNumber(fd, now + 1);
      await delay(holdMs);
      await lock.release();
    }
    closeSync(fd);
    return waits;
  },
};

const digits = Buffer.alloc(8);

function readNumber(fd) {
  readSync(fd, digits, 0, digits.length, 0);
  return Number(digits.toString());
}

function writeNumber(fd, value) {
  writeSync(fd, String(value).padStart(digits.length), 0);
}

async function spinUntil(at) {
  await delay(Math.max(0, at - Date.now() - 2));
  while (Date.now() < at);
}

process.on("message", async ({ id, task, input }) => {
  try {
    process.send({ id, result: await tasks[task](input) });
  } catch (error) {
    process.send({ id, failure: `${error.code}: ${error.message}` });
  }
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });
