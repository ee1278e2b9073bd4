import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

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
    const waiting = acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 55_000 });

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

test("a kernel lock file is one that OpenClaw's releases can read: JSON with pid, createdAt and starttime", async () => {
  const sessionFile = tempSession();
  await using lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });

  const record: unknown = JSON.parse(readFileSync(`${sessionFile}.lock`, "utf8"));

  expect(record).toMatchObject({
    pid: process.pid,
    createdAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/) as string,
    starttime: expect.any(Number) as number,
    epoch: lock.epoch,
  });
});

describe("plain proper-lockfile's lock folder", () => {
  test("is respected by the lockfile engine, which puts nothing into it", async () => {
    const sessionFile = tempSession();
    mkdirSync(`${sessionFile}.lock`);

    expect(tryAcquireSessionWriteLock({ sessionFile, engine: "lockfile" })).toBeUndefined();
    const waiting = acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: 55_000 });
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
