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
    const digits = Buffer.alloc(8);
    await spinUntil(at);
    for (let done = 0; done < times; done += 1) {
      const lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 120_000 });
      readSync(fd, digits, 0, digits.length, 0);
      const value = Number(digits.toString());
      await new Promise(setImmediate);
      writeSync(fd, String(value + 1).padStart(digits.length), 0);
      await lock.release();
    }
    closeSync(fd);
  },
  /** Holds for a while again and again; answers with how long each wait took. */
  async contend({ sessionFile, engine, times, holdMs, at }) {
    await spinUntil(at);
    const waits = [];
    for (let done = 0; done < times; done += 1) {
      const asked = performance.now();
      const lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 120_000 });
      waits.push(performance.now() - asked);
      await delay(holdMs);
      await lock.release();
    }
    return waits;
  },
};

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
