import { rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { acquireSessionWriteLock } from "session-lock";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

/** The shortest one that is allowed. */
const staleMs = 2_000;

test("who got the lock from another task of its process keeps it past the next heartbeats, and it is free afterwards", async () => {
  const sessionFile = tempSession();
  const options = { sessionFile, engine: "lockfile", staleMs } as const;
  const first = await acquireSessionWriteLock(options);
  const waiting = acquireSessionWriteLock(options);
  await delay(30);
  await first.release();
  const second = await waiting;

  await delay(2_600);
  second.assertHeld();
  await second.release();

  await using other = await Driver.start();
  await expect(other.ask("tryAcquire", options)).resolves.toEqual({ acquired: true });
});

test("an owner whose record is replaced is told by the heartbeat", async () => {
  const sessionFile = tempSession();
  writeFileSync(sessionFile, "");
  const lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile", staleMs });
  const lost = new Promise((resolve) => lock.signal.addEventListener("abort", resolve));

  rmSync(path.join(`${sessionFile}.lock`, "after-root"));

  await lost;
  expect(lock.signal.reason).toMatchObject({ code: "LOST" });
});

test("a holder's heart beats fast enough for the shortest staleMs of those who wait, however long its own is", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: 1_785_000_000_500 });
  onTestFinished(() => void vi.useRealTimers());
  const sessionFile = tempSession();
  await using lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile", staleMs: 600_000 });
  const beat = () => statSync(path.join(`${sessionFile}.lock`, "after-root")).mtimeMs;
  const beats = new Set([beat()]);

  for (let looks = 0; looks < 3; looks += 1) {
    vi.advanceTimersByTime(staleMs - 1);
    beats.add(beat());
  }

  expect(beats.size).toBe(4);
  lock.assertHeld();
});
