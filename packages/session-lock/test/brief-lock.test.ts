import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  acquireSessionWriteLock,
  collectSessionLockMetrics,
  heldSessionWriteLock,
  inspectSessionLock,
  tryAcquireSessionWriteLock,
  tryWithSessionWriteLock,
  withSessionWriteLock,
} from "session-lock";
import type { BriefSessionWriteLock, EngineName } from "session-lock";
import { main } from "./support/cli.ts";
import { patienceMs } from "./support/patience.ts";
import { Driver, isStopped } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

/** A session file that this process locks with this engine, also when it has forgotten that, which it does after a second without use. */
async function sessionOf(engine: EngineName): Promise<string> {
  vi.stubEnv("SESSION_LOCK_ENGINE", engine);
  onTestFinished(() => void vi.unstubAllEnvs());
  const sessionFile = tempSession();
  await (await acquireSessionWriteLock({ sessionFile, engine })).release();
  await nextTurn();
  return sessionFile;
}

/** A process that left the lock alone for a moment has a new turn at it, however slow the machine was in the last one. */
const nextTurn = () => delay(5);

/** Whether another process gets the lock, asked without giving up the thread. */
function isFreeElsewhere(sessionFile: string): boolean {
  const program = `
    import { tryAcquireSessionWriteLock } from "session-lock";
    const lock = tryAcquireSessionWriteLock({ sessionFile: ${JSON.stringify(sessionFile)}, engine: process.argv[1] });
    console.log(lock !== undefined);`;
  const engine = statSync(`${sessionFile}.lock`).isDirectory() ? "lockfile" : "kernel";
  const args = ["--input-type=module", "-e", program, engine];
  return execFileSync(process.execPath, args, { encoding: "utf8" }).trim() === "true";
}

const isBroken = (sessionFile: string) =>
  execFileSync(process.execPath, [main, "break", sessionFile, "--reason", "stuck", "--force"]).length > 0;

const done = { done: true };

describe.each(["kernel", "lockfile"] as const)("a brief lock of the %s engine", (engine) => {
  test("keeps every other process out while its function runs, and nobody afterwards", async () => {
    const sessionFile = await sessionOf(engine);

    const inside = tryWithSessionWriteLock(sessionFile, (lock) => {
      lock.assertWritable();
      const isFree = isFreeElsewhere(sessionFile);
      lock.assertHeld();
      return { isFree };
    });

    expect(inside).toEqual({ isFree: false });
    await using other = await Driver.start();
    await expect(other.ask("tryAcquire", { sessionFile, engine })).resolves.toEqual({ acquired: true });
  });

  test("is not to be had, and its function is not called, while another process or another task holds", async () => {
    const sessionFile = await sessionOf(engine);
    const fn = (): object => {
      throw new Error("called");
    };
    await using other = await Driver.start();
    await other.ask("acquire", { sessionFile, engine });
    expect(tryWithSessionWriteLock(sessionFile, fn)).toBeUndefined();
    await other.ask("release");

    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    expect(tryWithSessionWriteLock(sessionFile, fn)).toBeUndefined();
    await lock.release();
    await withSessionWriteLock(
      sessionFile,
      () => {
        expect(tryWithSessionWriteLock(sessionFile, fn)).toBeUndefined();
      },
      { engine },
    );
  });

  test("is over with its function: nothing may be written with it any more, though the next one is held", async () => {
    const sessionFile = await sessionOf(engine);
    const kept = tryWithSessionWriteLock(sessionFile, (lock) => ({ lock }))?.lock;
    const released: unknown = expect.objectContaining({ code: "RELEASED" });

    expect(() => kept?.assertWritable()).toThrow(released);
    expect(() => kept?.assertHeld()).toThrow(released);
    await using next = await acquireSessionWriteLock({ sessionFile, engine });
    expect(() => kept?.assertHeld()).toThrow(released);
    next.assertHeld();
  });

  test("is let go when its function throws, which its caller is told", async () => {
    const sessionFile = await sessionOf(engine);
    const fail = () => {
      throw new Error("no space");
    };

    expect(() => tryWithSessionWriteLock(sessionFile, fail)).toThrow("no space");

    await nextTurn();
    expect(tryWithSessionWriteLock(sessionFile, () => done)).toBe(done);
  });

  test("is let go when its function returns a promise, which is a mistake", async () => {
    const sessionFile = await sessionOf(engine);

    expect(() => tryWithSessionWriteLock(sessionFile, () => Promise.resolve())).toThrow(TypeError);

    await nextTurn();
    expect(tryWithSessionWriteLock(sessionFile, () => done)).toBe(done);
  });

  test("passes to the task that came to wait while its function ran", async () => {
    const sessionFile = await sessionOf(engine);

    const { waiting } =
      tryWithSessionWriteLock(sessionFile, () => {
        expect(tryAcquireSessionWriteLock({ sessionFile, engine })).toBeUndefined();
        expect(tryWithSessionWriteLock(sessionFile, () => done)).toBeUndefined();
        expect(heldSessionWriteLock(sessionFile)).toBeUndefined();
        return { waiting: acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs }) };
      }) ?? {};

    await using next = await waiting;
    next?.assertHeld();
  });

  test("that is broken while its function runs says LOST, and the session file has a new inode", async () => {
    const sessionFile = await sessionOf(engine);
    writeFileSync(sessionFile, "before\n");
    const { ino } = statSync(sessionFile);
    using metrics = collectSessionLockMetrics();
    const lost: unknown = expect.objectContaining({ code: "LOST", sessionFile });
    const write = (lock: BriefSessionWriteLock) => {
      expect(isBroken(sessionFile)).toBe(true);
      lock.assertHeld();
      return done;
    };
    expect(() => tryWithSessionWriteLock(sessionFile, write)).toThrow(lost);

    expect(metrics.snapshot().lost).toBe(1);
    expect(statSync(sessionFile).ino).not.toBe(ino);
    expect(readFileSync(sessionFile, "utf8")).toBe("before\n");
    await using next = await acquireSessionWriteLock({ sessionFile, engine });
    next.assertHeld();
  });

  test("counts as an owner: its epoch is greater than all before it, and it is published", async () => {
    const sessionFile = await sessionOf(engine);
    using metrics = collectSessionLockMetrics();
    const epochs: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      tryWithSessionWriteLock(sessionFile, (lock) => {
        epochs.push(lock.epoch);
        return done;
      });
      const lock = await acquireSessionWriteLock({ sessionFile, engine });
      epochs.push(lock.epoch);
      await lock.release();
    }

    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    expect(metrics.snapshot()).toMatchObject({ acquired: epochs.length, holdMs: { count: epochs.length } });
  });
});

test("a brief lock is refused to a process that has had the lock for its turn while another waits, until it has queued for it", async () => {
  const sessionFile = tempSession();
  await using other = await Driver.start();
  const lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });
  const waiting = other.ask("acquire", { sessionFile, engine: "kernel" });
  await until(() => inspectSessionLock(sessionFile).waiting?.length === 1);
  other.signal("SIGSTOP"); // so that it goes on to wait
  await until(() => isStopped(other.pid));
  const take = () => tryWithSessionWriteLock(sessionFile, () => done);
  // A clock of our own: on a busy machine the other one, which has 5 ms to come when it is called, would be given up before we asked.
  let now = performance.now();
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 0.01));
  await lock.release();
  const giveUpAt = now + 5_000;
  let last = take();
  while (last !== undefined && now < giveUpAt) last = take();
  clock.mockRestore();

  expect(last).toBeUndefined();
  await using plain = tryAcquireSessionWriteLock({ sessionFile });
  expect(plain?.held).toBe(true);
  await plain?.release();
  await (await acquireSessionWriteLock({ sessionFile })).release();
  await nextTurn();
  expect(take()).toBe(done);
  other.signal("SIGCONT");
  await expect(waiting).resolves.toHaveProperty("epoch");
});

test("a brief lock is never refused to a process while no other waits, however long it goes on", () => {
  const sessionFile = tempSession();
  const endsAt = performance.now() + 200;
  let refusals = 0;
  while (performance.now() < endsAt)
    if (tryWithSessionWriteLock(sessionFile, () => done) === undefined) refusals += 1;

  expect(refusals).toBe(0);
});

test("a brief lock does not go in front of a task of its process that waits, not even where the lock is free by now", async () => {
  const sessionFile = tempSession();
  await using other = await Driver.start();
  await other.ask("acquire", { sessionFile, engine: "kernel" });
  const waiting = acquireSessionWriteLock({ sessionFile, engine: "kernel" });
  process.kill(other.pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // by now it is gone, which nobody here was told

  expect(tryWithSessionWriteLock(sessionFile, () => done)).toBeUndefined();
  await using lock = await waiting;
  lock.assertHeld();
});

test("a brief lock that went out of reach and came back has its owner fenced off by who takes it next", async () => {
  const sessionFile = await sessionOf("kernel");
  writeFileSync(sessionFile, "before\n");
  const { ino } = statSync(sessionFile);
  const write = (lock: BriefSessionWriteLock) => {
    renameSync(`${sessionFile}.lock`, `${sessionFile}.away`);
    lock.assertHeld();
    return done;
  };
  expect(() => tryWithSessionWriteLock(sessionFile, write)).toThrow(
    expect.objectContaining({ code: "LOST" }),
  );
  renameSync(`${sessionFile}.away`, `${sessionFile}.lock`);

  await using next = await acquireSessionWriteLock({ sessionFile });

  next.assertHeld();
  expect(statSync(sessionFile).ino).not.toBe(ino);
});

test("a brief lock whose lock file was replaced by hand says LOST, and the next one is on the new file", async () => {
  const sessionFile = await sessionOf("kernel");
  const write = (lock: BriefSessionWriteLock) => {
    writeFileSync(`${sessionFile}.new`, readFileSync(`${sessionFile}.lock`));
    renameSync(`${sessionFile}.new`, `${sessionFile}.lock`);
    lock.assertHeld();
    return done;
  };

  expect(() => tryWithSessionWriteLock(sessionFile, write)).toThrow(
    expect.objectContaining({ code: "LOST" }),
  );
  await nextTurn();
  expect(tryWithSessionWriteLock(sessionFile, () => done)).toBe(done);
});

test("who is refused because of a brief lock of its own process is told so", async () => {
  const sessionFile = await sessionOf("kernel");
  let seen: boolean | undefined;
  let refused: Promise<unknown> | undefined;
  tryWithSessionWriteLock(sessionFile, () => {
    seen = inspectSessionLock(sessionFile).sameProcess;
    refused = acquireSessionWriteLock({ sessionFile, timeoutMs: 0 });
    return done;
  });

  expect(seen).toBe(true);
  await expect(refused).rejects.toMatchObject({ code: "TIMEOUT", sameProcess: true });
  expect(inspectSessionLock(sessionFile).sameProcess).toBe(false);
});

test("a function that returns a promise under a brief lock ends in one error, even where that promise rejects", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  expect(() => tryWithSessionWriteLock(tempSession(), () => Promise.reject(new Error("late")))).toThrow(
    TypeError,
  );
  await nextTurn();
  await nextTurn();
  process.off("unhandledRejection", note);

  expect(unhandled).toEqual([]);
});
