import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";
import { patienceMs } from "./support/patience.ts";
import { Driver, workerPath } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

describe.each(["kernel", "lockfile"] as const)("crash with the %s engine", (engine) => {
  test("what a killed process held is free for the very next try", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine });

    await holder.kill("SIGKILL");

    await using lock = tryAcquireSessionWriteLock({ sessionFile, engine });
    expect(lock?.held).toBe(true);
  });

  test("waiters in other processes get the lock one after the other as each holder is killed", async () => {
    const sessionFile = tempSession();
    await using first = await Driver.start();
    await using second = await Driver.start();
    await using third = await Driver.start();
    const options = { sessionFile, engine };
    const { epoch: one } = await first.ask("acquire", options);
    const next = second.ask("acquire", options);

    await first.kill("SIGKILL");
    const { epoch: two } = await next;
    const last = third.ask("acquire", options);
    await second.kill("SIGKILL");
    const { epoch: three } = await last;

    expect([one, two, three].map(Number)).toEqual([one, two, three].map(Number).sort((a, b) => a - b));
    await expect(third.ask("assertHeld")).resolves.toEqual({ held: true });
  });

  test("a process that exits while it holds takes its lock file with it", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    await holder.ask("acquire", { sessionFile, engine });
    expect(existsSync(`${sessionFile}.lock`)).toBe(true);

    await holder.ask("exit");
    await holder.exited();

    expect(existsSync(`${sessionFile}.lock`)).toBe(false);
  });

  test("a session whose holder was killed keeps counting epochs upwards", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start();
    const { epoch } = await holder.ask("acquire", { sessionFile, engine });
    await holder.kill("SIGKILL");

    await using lock = await acquireSessionWriteLock({ sessionFile, engine });

    expect(lock.epoch).toBeGreaterThan(Number(epoch));
  });
});

test("a process that is killed between making a lock folder and putting its record into it keeps nobody out", async () => {
  const sessionFile = tempSession();
  const child = fork(workerPath("dies-taking.js"), [sessionFile]);
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  expect(readdirSync(`${sessionFile}.lock`)).toEqual([]);

  const options = { sessionFile, engine: "lockfile", staleMs: 600_000, timeoutMs: patienceMs } as const;
  await using lock = await acquireSessionWriteLock(options);

  lock.assertHeld();
});
