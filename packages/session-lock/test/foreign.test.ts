import diagnosticsChannel from "node:diagnostics_channel";
import fs, {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { describe, expect, onTestFinished, test } from "vitest";
import { acquireSessionWriteLock, inspectSessionLock, tryAcquireSessionWriteLock } from "session-lock";
import { main } from "../src/engines/kernel.ts";
import { loadKernelLocks } from "../src/engines/kernel-locks.ts";
import { patienceMs } from "./support/patience.ts";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

/** OpenClaw's releases up to 2026.6 write this into `<file>.lock`, which they create with open(…, "wx"). */
function pidFile(sessionFile: string, pid: number): string {
  const lockPath = `${sessionFile}.lock`;
  writeFileSync(lockPath, JSON.stringify({ pid, createdAt: new Date().toISOString() }, undefined, 2), {
    flag: "wx",
  });
  return lockPath;
}

describe.each(["kernel", "lockfile"] as const)("another tool's pid file with the %s engine", (engine) => {
  test("a live process's pid file is respected, and its process named", async () => {
    const sessionFile = tempSession();
    const lockPath = pidFile(sessionFile, process.pid);
    const before = readFileSync(lockPath, "utf8");

    await expect(acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 100 })).rejects.toMatchObject({
      code: "TIMEOUT",
      holder: { pid: process.pid, epoch: undefined },
    });

    expect(readFileSync(lockPath, "utf8")).toBe(before);
  });

  test("the lock is had as soon as that process removes its pid file", async () => {
    const sessionFile = tempSession();
    const lockPath = pidFile(sessionFile, process.pid);
    const waiting = acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs });

    unlinkSync(lockPath);

    await using lock = await waiting;
    lock.assertHeld();
  });

  test("a dead process's pid file is taken over", async () => {
    const sessionFile = tempSession();
    const dead = await Driver.start();
    await dead.kill();
    pidFile(sessionFile, dead.pid);

    await using lock = await acquireSessionWriteLock({ sessionFile, engine });

    lock.assertHeld();
  });

  test.each(["", "{", "hello", "{}"])("an unreadable lock file (%j) counts as held", async (content) => {
    const sessionFile = tempSession();
    writeFileSync(`${sessionFile}.lock`, content);

    await expect(acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 50 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(readFileSync(`${sessionFile}.lock`, "utf8")).toBe(content);
  });
});

describe("a kernel lock file", () => {
  const engine = "kernel";

  test("is one that OpenClaw's releases can read: JSON with pid, createdAt and starttime, also while others wait, and afterwards", async () => {
    const sessionFile = tempSession();
    await using first = await Driver.start();
    await using second = await Driver.start();
    const read = (): unknown => JSON.parse(readFileSync(`${sessionFile}.lock`, "utf8"));
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const ours = {
      pid: process.pid,
      createdAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/) as string,
      starttime: expect.any(Number) as number,
      epoch: lock.epoch,
    };

    expect(read()).toMatchObject(ours);
    const waits = [first, second].map((waiter) => waiter.ask("acquire", { sessionFile, engine }));
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 2);
    expect(read()).toMatchObject(ours);
    await lock.release();
    await Promise.race(waits);
    expect([first.pid, second.pid]).toContain((read() as typeof ours).pid);
    await Promise.all([first.kill(), second.kill()]);
    await using next = await acquireSessionWriteLock({ sessionFile, engine });
    expect(read()).toMatchObject({ ...ours, epoch: next.epoch });
  });

  test("of which a dead process left a part is made whole by one of those who wait for it, and kept by the others", async () => {
    const sessionFile = tempSession();
    const lockPath = `${sessionFile}.lock`;
    const taken: unknown[] = [];
    const listener = (event: unknown) => void taken.push(event);
    const dead = await Driver.start();
    await dead.kill();
    pidFile(sessionFile, dead.pid);
    const file = openSync(lockPath, "r+");
    loadKernelLocks()?.tryLock(file, main, 1);
    const waiting = acquireSessionWriteLock({ sessionFile, engine });
    diagnosticsChannel.subscribe("session-lock:takeover", listener);
    onTestFinished(() => void diagnosticsChannel.unsubscribe("session-lock:takeover", listener));

    // What another process that waited for it has made of it
    const other = tempSession();
    const whole = await acquireSessionWriteLock({ sessionFile: other, engine });
    writeSync(file, readFileSync(`${other}.lock`), 0);
    await whole.release();
    closeSync(file);
    await using lock = await waiting;

    expect(taken).toEqual([]);
    expect(lock.epoch).toBeGreaterThan(whole.epoch);
  });
});

test("a pid file that goes away while its owner is looked up leaves a refusal that names nobody", async () => {
  const sessionFile = tempSession();
  const lockPath = pidFile(sessionFile, process.pid);
  const plain = fs.readFileSync;
  onTestFinished(() => {
    fs.readFileSync = plain;
    syncBuiltinESMExports();
  });
  let reads = 0;
  fs.readFileSync = ((...given: Parameters<typeof plain>) => {
    // The first look finds it held.
    if (given[0] === lockPath && (reads += 1) === 2) unlinkSync(lockPath);
    return plain(...given);
  }) as typeof plain;
  syncBuiltinESMExports();

  await expect(
    acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: 0 }),
  ).rejects.toMatchObject({ code: "TIMEOUT", retryable: true, holder: undefined });
});

describe("plain proper-lockfile's lock folder", () => {
  test("is respected by the lockfile engine, which puts nothing into it", async () => {
    const sessionFile = tempSession();
    mkdirSync(`${sessionFile}.lock`);

    expect(tryAcquireSessionWriteLock({ sessionFile, engine: "lockfile" })).toBeUndefined();
    const waiting = acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: patienceMs });
    await expect(
      acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: 100 }),
    ).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(readdirSync(`${sessionFile}.lock`)).toEqual([]);

    rmdirSync(`${sessionFile}.lock`);
    await using lock = await waiting;
    lock.assertHeld();
    expect(existsSync(`${sessionFile}.lock`)).toBe(true);
  });
});
