import {
  mkdirSync,
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
import { acquireSessionWriteLock, cleanSessionLocks, inspectSessionLock } from "session-lock";
import { Driver } from "./support/process.ts";
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

  test("has room for all, of whom those without a place of their own watch the lock file", async () => {
    const sessionFile = tempSession();
    await using waiter = await Driver.start();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    mkdirSync(firstBell(sessionFile)); // so that none can be made
    const waiting = waiter.ask("acquire", { sessionFile, engine });
    await delay(100);

    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "held", waiting: [] });
    await lock.release();

    await expect(waiting).resolves.toHaveProperty("epoch");
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

function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") T ");
}
