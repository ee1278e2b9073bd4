import { once } from "node:events";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import * as original from "session-lock";
import { mayMount, mount } from "./support/mount.ts";
import { patienceMs } from "./support/patience.ts";
import { Driver, isStopped, workerPath } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

const { acquireSessionWriteLock, inspectSessionLock, tryAcquireSessionWriteLock } = original;

describe.each(["kernel", "lockfile"] as const)("worker threads with the %s engine", (engine) => {
  test("a thread and the main thread exclude each other", async () => {
    const sessionFile = tempSession();
    const worker = startThread(sessionFile, engine);
    await once(worker, "message");

    expect(tryAcquireSessionWriteLock({ sessionFile, engine })).toBeUndefined();
    worker.postMessage("release");
    await once(worker, "message");

    await using lock = await acquireSessionWriteLock({ sessionFile, engine });
    lock.assertHeld();
  });

  test("a thread that waits can be terminated while the holder is stopped", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    void holder.ask("acquireAllAndStop", { sessionFiles: [sessionFile], engine });
    await until(() => isStopped(holder.pid));
    const worker = startThread(sessionFile, engine);
    await until(() => inspectSessionLock(sessionFile).waiting?.includes(process.pid) === true);

    await expect(worker.terminate()).resolves.toBe(1);
    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "held", holder: { pid: holder.pid } });
  });

  test("what a terminated thread held is taken over, although its process lives", async () => {
    const sessionFile = tempSession();
    const worker = startThread(sessionFile, engine);
    await once(worker, "message");

    await worker.terminate();

    await using lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs });
    lock.assertHeld();
  });
});

test.runIf(mayMount).each(["kernel", "lockfile"] as const)(
  "a folder that is mounted at two places has one lock per session, also in one process (%s)",
  async (engine) => {
    const sessionFile = tempSession();
    const elsewhere = tempFolder();
    mount(`--bind ${path.dirname(sessionFile)}`, elsewhere);
    const sameFile = path.join(elsewhere, path.basename(sessionFile));
    const lock = await acquireSessionWriteLock({ sessionFile, engine });

    expect(tryAcquireSessionWriteLock({ sessionFile: sameFile, engine })).toBeUndefined();
    lock.assertHeld();
    await lock.release();
    await using next = await acquireSessionWriteLock({ sessionFile: sameFile, engine, timeoutMs: 1_000 });
    next.assertHeld();
  },
);

describe("two copies of the package in one process", () => {
  test("are one lock: they exclude each other, and re-enter within one scope", async () => {
    const copy = await importCopy();
    const sessionFile = tempSession();
    const lock = await acquireSessionWriteLock({ sessionFile });

    expect(copy.acquireSessionWriteLock).not.toBe(acquireSessionWriteLock);
    expect(copy.tryAcquireSessionWriteLock({ sessionFile })).toBeUndefined();
    expect(copy.heldSessionWriteLock(sessionFile)?.epoch).toBe(lock.epoch);
    await lock.run(async () => {
      await using nested = await copy.acquireSessionWriteLock({ sessionFile, timeoutMs: 0 });
      expect(nested.epoch).toBe(lock.epoch);
    });
    await using within = await copy.acquireSessionWriteLock({ sessionFile, within: lock });
    await lock.release();
    within.assertHeld();
    expect(tryAcquireSessionWriteLock({ sessionFile })).toBeUndefined();
  });
});

function startThread(sessionFile: string, engine: string): Worker {
  const worker = new Worker(workerPath("thread.js"), { workerData: { sessionFile, engine } });
  onTestFinished(async () => {
    await worker.terminate();
  });
  return worker;
}

async function importCopy(): Promise<typeof original> {
  const root = path.dirname(createRequire(import.meta.url).resolve("session-lock/package.json"));
  const folder = path.join(tempFolder(), "copy");
  mkdirSync(folder);
  for (const part of ["dist", "src"])
    cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  cpSync(path.join(root, "package.json"), path.join(folder, "package.json"));
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  return (await import(pathToFileURL(path.join(folder, "dist", "index.js")).href)) as typeof original;
}
