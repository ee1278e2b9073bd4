import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, inspectSessionLock, tryAcquireSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { turn } from "../src/engines/kernel.ts";
import { loadKernelLocks } from "../src/engines/kernel-locks.ts";
import { listKernelLocks } from "../src/engines/kernel-table.ts";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

const engines = ["kernel", "lockfile"] as const;

test("a holder whose event loop is blocked for 15 seconds is not robbed, on either engine", async () => {
  const outcomes = await Promise.all(
    engines.map(async (engine) => {
      const sessionFile = tempSession();
      await using holder = await Driver.start();
      await holder.ask("acquire", { sessionFile, engine, staleMs: 2_000 });
      await holder.ask("blockAppendRelease", { ms: 15_000, file: sessionFile, text: "holder\n" });
      await using lock = await acquireSessionWriteLock({
        sessionFile,
        engine,
        staleMs: 2_000,
        timeoutMs: 55_000,
      });
      lock.assertHeld();
      appendFileSync(sessionFile, "waiter\n");
      return readFileSync(sessionFile, "utf8");
    }),
  );

  expect(outcomes).toEqual(["holder\nwaiter\n", "holder\nwaiter\n"]);
});

describe.each(engines)("stall with the %s engine", (engine) => {
  test("a stopped holder is waited for and named, and still holds when it continues", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine, staleMs: 2_000, purpose: "being stopped" });
    holder.signal("SIGSTOP");
    await until(() => isStopped(holder.pid));

    const refused = acquireSessionWriteLock({ sessionFile, engine, staleMs: 2_000, timeoutMs: 5_000 });
    await expect(refused).rejects.toMatchObject({
      code: "TIMEOUT",
      holder: { pid: holder.pid, purpose: "being stopped" },
    });

    holder.signal("SIGCONT");
    await expect(holder.ask("assertHeld")).resolves.toEqual({ held: true });
    await holder.ask("release");
    await using lock = await acquireSessionWriteLock({ sessionFile, engine });
    lock.assertHeld();
  });
});

test("a waiter that is busy when its turn comes keeps nobody else from the lock", async () => {
  const options = { sessionFile: tempSession(), engine: "kernel", timeoutMs: 20_000 };
  await using holder = await Driver.start();
  await using waiter = await Driver.start();
  await using other = await Driver.start();

  // Its event loop is blocked from the start, so the hold stays one for which others queue in the kernel.
  const held = holder.ask("acquire", options);
  await holder.ask("blockAppendRelease", { ms: 2_000, file: options.sessionFile, text: "holder\n" });
  await held;
  void waiter.ask("acquire", options); // is killed before that is answered
  const { ino } = statSync(`${options.sessionFile}.lock`);
  await until(() => listKernelLocks()?.some((lock) => lock.ino === ino && lock.waiting) === true);
  await waiter.ask("block", { ms: 60_000 });

  await expect(other.ask("acquire", options)).resolves.toHaveProperty("epoch");
});

describe("of those who wait for a lock folder", () => {
  test("one that is stopped when its turn comes is passed, and gets the lock when it goes on", async () => {
    const options = { sessionFile: tempSession(), engine: "lockfile", timeoutMs: 20_000 };
    await using stopped = await Driver.start();
    await using other = await Driver.start();
    const lock = await acquireSessionWriteLock({ ...options, engine: "lockfile" });
    const late = stopped.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 1);
    const next = other.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 2);
    stopped.signal("SIGSTOP");
    await until(() => isStopped(stopped.pid));

    await lock.release();
    await next;
    stopped.signal("SIGCONT");
    await other.ask("release");

    await expect(late).resolves.toHaveProperty("epoch");
  });

  test("one that is killed when its turn comes leaves its turn to the next, and nothing in the folder", async () => {
    const options = { sessionFile: tempSession(), engine: "lockfile", timeoutMs: 20_000 };
    await using killed = await Driver.start();
    await using other = await Driver.start();
    const lock = await acquireSessionWriteLock({ ...options, engine: "lockfile" });
    void killed.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 1);
    const next = other.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 2);
    killed.signal("SIGSTOP");
    await until(() => isStopped(killed.pid));
    await lock.release(); // calls one who cannot hear
    await killed.kill();

    await next;
    await other.ask("release");

    expect(readdirSync(path.dirname(options.sessionFile))).toEqual([]);
  });
});

test("a process that is busy after a burst of holds keeps nobody else from the lock", async () => {
  const options = { sessionFile: tempSession(), engine: "kernel", timeoutMs: 20_000, times: 300 };
  await using busy = await Driver.start();
  await using other = await Driver.start();
  const ended: string[] = [];
  const note = (name: string) => () => ended.push(name);

  await Promise.all([
    busy.ask("burst", { ...options, blockMs: 10_000 }).then(note("busy")),
    other.ask("burst", { ...options, times: 900, blockMs: 0 }).then(note("other")),
  ]);

  expect(ended).toEqual(["other", "busy"]);
}, 60_000);

test("a try that never waits is not refused for long when nobody holds the lock, whoever has the turn", async () => {
  const sessionFile = tempSession();
  await (await acquireSessionWriteLock({ sessionFile, engine: "kernel" })).release();
  const fd = openSync(`${sessionFile}.lock`, "r+");
  expect(loadKernelLocks()?.tryLock(fd, turn, 1)).toBe(true);

  let lock: SessionWriteLock | undefined;
  await until(() => {
    lock = tryAcquireSessionWriteLock({ sessionFile, engine: "kernel" });
    return lock !== undefined;
  });

  lock?.assertHeld();
  await lock?.release();
  closeSync(fd);
});

test("nor is one of a process that tries for the first time, and seldom", async () => {
  const sessionFile = tempSession();
  const elsewhere = tempSession();
  await using other = await Driver.start();
  await other.ask("acquire", { sessionFile: elsewhere, engine: "kernel" });
  await other.ask("release");
  await until(() => !existsSync(`${elsewhere}.lock`)); // the process has run for a while
  await (await acquireSessionWriteLock({ sessionFile, engine: "kernel" })).release();
  const fd = openSync(`${sessionFile}.lock`, "r+");
  expect(loadKernelLocks()?.tryLock(fd, turn, 1)).toBe(true);

  await until(async () => {
    const { acquired } = await other.ask("tryAcquire", { sessionFile, engine: "kernel" });
    await delay(acquired === true ? 0 : 60);
    return acquired === true;
  });

  await expect(other.ask("assertHeld")).resolves.toEqual({ held: true });
  closeSync(fd);
});

function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") T ");
}

test("the state letter in /proc tells a running process from a stopped one", () => {
  expect(isStopped(process.pid)).toBe(false);
});
