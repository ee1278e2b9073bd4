import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Worker } from "node:worker_threads";
import {
  acquireSessionWriteLock,
  cleanSessionLocks,
  inspectSessionLock,
  withSessionWriteLock,
} from "session-lock";
import { loadKernelLocks } from "../src/engines/kernel-locks.ts";
import { allWaiting, crowd, places } from "../src/engines/wait-table.ts";
import { patienceMs } from "./support/patience.ts";
import { Driver, isStopped, workerPath } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

const engine = "kernel";

describe("the line of those who wait for the kernel's lock", () => {
  test("is called one by one: whoever lets go wakes the first, and after it whoever stands behind one that does not come", async () => {
    const sessionFile = tempSession();
    await using first = await Driver.start();
    await using second = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const waits = [];
    for (const [at, waiter] of [first, second].entries()) {
      waits.push(waiter.ask("acquire", { sessionFile, engine }));
      await until(() => inspectSessionLock(sessionFile).waiting?.length === at + 1);
      waiter.signal("SIGSTOP");
      await until(() => isStopped(waiter.pid));
    }
    const before = bellsOf(sessionFile).map(rungAt);

    await lock.release();
    const once = bellsOf(sessionFile).map(rungAt);
    await delay(20); // longer than it is waited for
    await (await acquireSessionWriteLock({ sessionFile, engine })).release();
    const twice = bellsOf(sessionFile).map(rungAt);

    expect(once.map((at, index) => at !== before[index])).toEqual([true, false]);
    expect(twice.map((at, index) => at !== once[index])).toEqual([false, true]);
    second.signal("SIGCONT");
    await waits[1];
    await second.ask("release");
    first.signal("SIGCONT");
    await waits[0];
  });

  test("has room for all, of whom those without a place of their own share the last one", async () => {
    const sessionFile = tempSession();
    await using waiter = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const taken = openSync(`${sessionFile}.lock`, "r+");
    loadKernelLocks()?.tryLock(taken, places, 1_000);
    const waiting = waiter.ask("acquire", { sessionFile, engine });
    await delay(100);

    await lock.release();

    await expect(waiting).resolves.toHaveProperty("epoch");
    closeSync(taken);
  });

  test("lets nobody starve who has no bell, however busy another process is", async () => {
    const sessionFile = tempSession();
    await using waiter = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    mkdirSync(firstBell(sessionFile)); // so that none can be made
    let isServed = false;
    const waiting = waiter.ask("acquire", { sessionFile, engine }).finally(() => (isServed = true));
    await until(() => inspectSessionLock(sessionFile).waiting?.includes(waiter.pid) === true);
    await lock.release();
    const work = async () => {
      while (!isServed)
        await withSessionWriteLock(sessionFile, () => delay(1), { engine, timeoutMs: patienceMs });
    };
    const busy = [work(), work(), work()];

    await expect(waiting).resolves.toHaveProperty("epoch");
    await waiter.ask("release");
    await Promise.all(busy);
  });

  test("lets nobody starve who found no place in it, however busy another process is", async () => {
    const sessionFile = tempSession();
    await using first = await Driver.start();
    await using second = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const taken = openSync(`${sessionFile}.lock`, "r+");
    loadKernelLocks()?.tryLock(taken, places, crowd);
    let served = 0;
    const waits = [first, second].map(async (waiter) => {
      await waiter.ask("acquire", { sessionFile, engine });
      served += 1;
      await waiter.ask("release");
    });
    await delay(50);
    await lock.release();
    const work = async () => {
      while (served < waits.length)
        await withSessionWriteLock(sessionFile, () => delay(1), { engine, timeoutMs: patienceMs });
    };
    const busy = [work(), work(), work()];

    await Promise.all([...waits, ...busy]);

    expect(ticketsIn(sessionFile)).toEqual([]);
    closeSync(taken);
  });

  test("is rid of all who died in it as soon as one of them was called in vain", async () => {
    const sessionFile = tempSession();
    await leaveDeadWaiters(sessionFile);
    await delay(20); // longer than the first is waited for
    await (await acquireSessionWriteLock({ sessionFile, engine })).release();

    expect(ticketsIn(sessionFile)).toEqual([]);
  });

  test("costs nobody the lock that is free because those who stand in it are dead, however short it would wait", async () => {
    const sessionFile = tempSession();
    await leaveDeadWaiters(sessionFile);

    // It goes behind the others again and again, since it asks all the time.
    const end = performance.now() + 200;
    while (performance.now() < end)
      await (await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 1 })).release();

    expect(ticketsIn(sessionFile)).toEqual([]);
  });

  test("names a process once, however many of its threads wait", async () => {
    const sessionFile = tempSession();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const settings = { workerData: { sessionFile, engine } };
    const [worker, other] = [1, 2].map(() => new Worker(workerPath("thread.js"), settings));
    await until(() => ticketsIn(sessionFile).length === 2);

    expect(inspectSessionLock(sessionFile).waiting).toEqual([process.pid]);
    await lock.release();
    await Promise.all([worker?.terminate(), other?.terminate()]);
  });

  test("rings with a time that counts as old however long the machine has run, so that clean knows what is left behind", async () => {
    const sessionFile = tempSession();
    await using waiter = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    const waiting = waiter.ask("acquire", { sessionFile, engine });
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 1);
    await lock.release();
    await waiting;

    expect(statSync(firstBell(sessionFile)).mtimeMs).toBeLessThanOrEqual(
      Number(process.hrtime.bigint()) / 1e6,
    );
  });

  test("follows no link that lies where a bell is to be", async () => {
    const sessionFile = tempSession();
    const target = path.join(path.dirname(sessionFile), "target");
    writeFileSync(target, "mine");
    utimesSync(target, 1, 1);
    await using waiter = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    symlinkSync(target, firstBell(sessionFile));
    const waiting = waiter.ask("acquire", { sessionFile, engine });
    await delay(100);
    await lock.release();
    await waiting;

    expect(statSync(target).mtimeMs).toBe(1_000);
    expect(readFileSync(target, "utf8")).toBe("mine");
  });

  test("leaves nothing behind when all who stood in it were killed, and clean has been there", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await using waiter = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine });
    void waiter.ask("acquire", { sessionFile, engine });
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 1);
    await waiter.kill();
    await holder.kill();
    expect(bellsOf(sessionFile)).toHaveLength(1);

    cleanSessionLocks(path.dirname(sessionFile));

    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  });
});

test("clean removes a bell whose lock file is gone, once it is old", async () => {
  const sessionFile = tempSession();
  await using lock = await acquireSessionWriteLock({ sessionFile, engine });
  const [old, young] = [`${sessionFile}.lock.abc-0.bell`, `${sessionFile}.lock.abc-1.bell`];
  for (const file of [old, young, firstBell(sessionFile)]) writeFileSync(file, "");
  for (const file of [old, firstBell(sessionFile)]) utimesSync(file, 1, 1);

  expect(cleanSessionLocks(path.dirname(sessionFile)).removed).toEqual([old]);

  expect(bellsOf(sessionFile).toSorted()).toEqual([young, firstBell(sessionFile)].toSorted());
  lock.assertHeld();
});

test("clean finds a bell in a folder whose name has a line break", () => {
  const folder = path.join(path.dirname(tempSession()), "two\nlines");
  mkdirSync(folder);
  const orphan = path.join(folder, "session.jsonl.lock.abc-0.bell");
  writeFileSync(orphan, "");
  utimesSync(orphan, 1, 1);

  expect(cleanSessionLocks(folder).removed).toEqual([orphan]);
});

/** Four processes die in the line for a lock, which is free then. */
async function leaveDeadWaiters(sessionFile: string): Promise<void> {
  const lock = await acquireSessionWriteLock({ sessionFile, engine });
  const dead = await Promise.all([Driver.start(), Driver.start(), Driver.start(), Driver.start()]);
  for (const waiter of dead) void waiter.ask("acquire", { sessionFile, engine });
  await until(() => inspectSessionLock(sessionFile).waiting?.length === dead.length);
  await Promise.all(dead.map((waiter) => waiter.kill()));
  expect(ticketsIn(sessionFile)).toHaveLength(dead.length);
  await lock.release();
}

/** Of those who wait, or died waiting. */
function ticketsIn(sessionFile: string): readonly number[] {
  const fd = openSync(`${sessionFile}.lock`, "r");
  const tickets = allWaiting(fd).map(({ ticket }) => ticket);
  closeSync(fd);
  return tickets;
}

function firstBell(sessionFile: string): string {
  return `${sessionFile}.lock.${statSync(`${sessionFile}.lock`).ino.toString(36)}-0.bell`;
}

function bellsOf(sessionFile: string): readonly string[] {
  return readdirSync(path.dirname(sessionFile))
    .filter((name) => name.endsWith(".bell"))
    .sort()
    .map((name) => path.join(path.dirname(sessionFile), name));
}

function rungAt(bell: string): number {
  return statSync(bell).ctimeMs;
}
