// Every lock that is measured, behind one shape: acquire() resolves to a release function.
import { closeSync, fstatSync, openSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);

/** Each opens a lock for one file: `(file) => acquire`. `undefined` from acquire means: refused, by its own defaults. */
export const peers = {
  kernel: (file) => ours(file, "kernel"),
  lockfile: (file) => ours(file, "lockfile"),
  "proper-lockfile": (file) => properLockfile(file, { retries: 0 }),
  "proper-lockfile tuned": (file) =>
    properLockfile(file, { retries: { forever: true, minTimeout: 5, maxTimeout: 20, factor: 1 } }),
  "lockfile package": (file) => lockfilePackage(file),
  "pid file": (file) => pidFile(file),
  "raw kernel lock": (file) => rawKernelLock(file),
};

async function ours(file, engine) {
  const { acquireSessionWriteLock } = await import("session-lock");
  const options = { sessionFile: file, engine, timeoutMs: 600_000 };
  return async () => {
    const lock = await acquireSessionWriteLock(options);
    return () => lock.release();
  };
}

function properLockfile(file, options) {
  const { lock } = require("proper-lockfile");
  return async () => {
    try {
      return await lock(file, { ...options, realpath: false });
    } catch (error) {
      if (error.code === "ELOCKED") return undefined;
      throw error;
    }
  };
}

function lockfilePackage(file) {
  const library = require("lockfile");
  const [lock, unlock] = [promisify(library.lock), promisify(library.unlock)];
  return async () => {
    await lock(`${file}.lock`, { wait: 600_000, pollPeriod: 5 });
    return () => unlock(`${file}.lock`);
  };
}

/** As OpenClaw used it until 2026.6: open(…, "wx") with a JSON pid file, back-off to 1 s, re-entrant per process. */
function pidFile(file) {
  const lockPath = `${file}.lock`;
  let holds = 0;
  const release = () => {
    holds -= 1;
    if (holds === 0) unlinkSync(lockPath);
  };
  return async () => {
    for (let attempt = 1; ; attempt += 1) {
      if (holds > 0) {
        holds += 1;
        return release;
      }
      try {
        writeFileSync(lockPath, JSON.stringify({ pid: process.pid, createdAt: new Date().toISOString() }), {
          flag: "wx",
        });
        holds = 1;
        return release;
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      if (isDeadPidFile(lockPath)) unlinkSync(lockPath);
      else await delay(Math.min(1_000, 50 * attempt));
    }
  };
}

function isDeadPidFile(lockPath) {
  try {
    process.kill(JSON.parse(readFileSync(lockPath, "utf8")).pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** The floor: the add-on itself, with the inode check that makes removing lock files safe. */
function rawKernelLock(file) {
  const { tryLock, waitForLock, unlock } = require("fs-native-extensions");
  const lockPath = `${file}.raw`;
  const fd = openSync(lockPath, "a+");
  process.once("exit", () => closeSync(fd));
  return async () => {
    if (!tryLock(fd)) await waitForLock(fd);
    if (fstatSync(fd).ino !== statSync(lockPath).ino) throw new Error("the lock file was replaced");
    return () => unlock(fd);
  };
}
