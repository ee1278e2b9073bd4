import { appendFileSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, inspectSessionLock, tryAcquireSessionWriteLock } from "session-lock";
import { patienceMs } from "./support/patience.ts";
import { Driver, isStopped } from "./support/process.ts";
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
        timeoutMs: patienceMs,
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
  const options = { sessionFile: tempSession(), engine: "kernel" };
  await using holder = await Driver.start();
  await using waiter = await Driver.start();
  await using other = await Driver.start();

  await holder.ask("acquire", options);
  void waiter.ask("acquire", options); // is killed before that is answered
  await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 1);
  await waiter.ask("block", { ms: 5 * patienceMs });
  await holder.ask("release");

  await expect(other.ask("acquire", options)).resolves.toHaveProperty("epoch");
});

test.each(engines)(
  "of those who wait (%s), one that is stopped when its turn comes is passed, and gets the lock when it goes on",
  async (engine) => {
    const options = { sessionFile: tempSession(), engine, timeoutMs: patienceMs };
    await using stopped = await Driver.start();
    await using other = await Driver.start();
    const lock = await acquireSessionWriteLock(options);
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
  },
);

describe("of those who wait for a lock folder", () => {
  test("one that is killed when its turn comes leaves its turn to the next, and nothing in the folder", async () => {
    const options = { sessionFile: tempSession(), engine: "lockfile", timeoutMs: patienceMs };
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
  const options = { sessionFile: tempSession(), engine: "kernel" };
  await using busy = await Driver.start();
  await using other = await Driver.start();

  void busy.ask("burst", { ...options, times: 300, blockMs: 5 * patienceMs }); // is killed before that is answered

  await expect(other.ask("burst", { ...options, times: 900, blockMs: 0 })).resolves.toBeDefined();
});

describe("of those who wait for the kernel's lock", () => {
  test("one that is stopped keeps no try from it that never waits", async () => {
    const options = { sessionFile: tempSession(), engine: "kernel", timeoutMs: patienceMs } as const;
    await using stopped = await Driver.start();
    const lock = await acquireSessionWriteLock(options);
    const late = stopped.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 1);
    stopped.signal("SIGSTOP");
    await until(() => isStopped(stopped.pid));
    await lock.release();

    const again = tryAcquireSessionWriteLock(options);
    expect(again?.held).toBe(true);
    await again?.release();
    stopped.signal("SIGCONT");

    await expect(late).resolves.toHaveProperty("epoch");
  });

  test("one that is killed keeps nobody else from it, is not named as waiting, and leaves nothing behind", async () => {
    const options = { sessionFile: tempSession(), engine: "kernel", timeoutMs: patienceMs } as const;
    await using killed = await Driver.start();
    await using other = await Driver.start();
    const lock = await acquireSessionWriteLock(options);
    void killed.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.includes(killed.pid) === true);
    const next = other.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 2);
    await killed.kill();

    expect(inspectSessionLock(options.sessionFile).waiting).toEqual([other.pid]);
    await lock.release();
    await next;
    await other.ask("release");

    await until(() => readdirSync(path.dirname(options.sessionFile)).length === 0);
  });

  test("one goes on to wait when the others' line is cut off, and gets it", async () => {
    const options = { sessionFile: tempSession(), engine: "kernel", timeoutMs: patienceMs } as const;
    await using other = await Driver.start();
    const lock = await acquireSessionWriteLock(options);
    const next = other.ask("acquire", options);
    await until(() => inspectSessionLock(options.sessionFile).waiting?.length === 1);

    truncateSync(`${options.sessionFile}.lock`, 1_024);
    await lock.release();

    await expect(next).resolves.toHaveProperty("epoch");
  });
});

test("the state letter in /proc tells a running process from a stopped one", () => {
  expect(isStopped(process.pid)).toBe(false);
});
