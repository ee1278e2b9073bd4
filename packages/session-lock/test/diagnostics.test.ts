import diagnosticsChannel from "node:diagnostics_channel";
import { expect, onTestFinished, test } from "vitest";
import {
  acquireSessionWriteLock,
  breakSessionLock,
  collectSessionLockMetrics,
  tryAcquireSessionWriteLock,
  withSessionWriteLock,
} from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { patienceMs } from "./support/patience.ts";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

const names = ["wait", "acquire", "release", "timeout", "takeover", "lost"] as const;

/** What is published about one file from now on, as `[name, message]`. */
function record(sessionFile: string): (readonly [string, Record<string, unknown>])[] {
  const seen: (readonly [string, Record<string, unknown>])[] = [];
  for (const name of names) {
    const listener = (message: unknown) => {
      const event = message as Record<string, unknown>;
      seen.push(...(event["sessionFile"] === sessionFile ? [[name, event] as const] : []));
    };
    diagnosticsChannel.subscribe(`session-lock:${name}`, listener);
    onTestFinished(() => {
      diagnosticsChannel.unsubscribe(`session-lock:${name}`, listener);
    });
  }
  return seen;
}

test("acquire, wait, release and timeout are published with their facts", async () => {
  const sessionFile = tempSession();
  const seen = record(sessionFile);
  const first = await acquireSessionWriteLock({ sessionFile, purpose: "first" });
  const second = acquireSessionWriteLock({ sessionFile, purpose: "second" });
  await expect(acquireSessionWriteLock({ sessionFile, timeoutMs: 5 })).rejects.toThrow();
  await first.release();
  await (await second).release();

  expect(seen.map(([name]) => name)).toEqual([
    "acquire",
    "wait",
    "wait",
    "timeout",
    "release",
    "acquire",
    "release",
  ]);
  expect(seen[0]?.[1]).toMatchObject({ purpose: "first", waitedMs: 0, epoch: first.epoch });
  expect(seen[2]?.[1]).toMatchObject({ queued: 2 });
  expect(seen[3]?.[1]).toMatchObject({ sameProcess: true, holder: { purpose: "first" } });
  expect(seen[4]?.[1]).toMatchObject({ epoch: first.epoch, heldMs: expect.any(Number) as number });
});

test("a takeover and a lost lock are published", async () => {
  const sessionFile = tempSession();
  await using dead = await Driver.start();
  await dead.ask("acquire", { sessionFile, engine: "lockfile" });
  await dead.kill();
  const seen = record(sessionFile);

  const outcome = withSessionWriteLock(
    sessionFile,
    (lock) => new Promise((resolve) => lock.signal.addEventListener("abort", resolve)),
    { engine: "lockfile", maxHoldMs: 30 },
  );
  await expect(outcome).rejects.toMatchObject({ code: "LOST" });

  expect(seen.map(([name]) => name)).toEqual(["takeover", "acquire", "lost", "release"]);
  expect(seen[0]?.[1]).toMatchObject({ from: "dead" });
  expect(seen[2]?.[1]).toMatchObject({ reason: expect.stringContaining("maxHoldMs") as string });
});

test("the metrics collector counts and measures until it is closed", async () => {
  const sessionFile = tempSession();
  const metrics = collectSessionLockMetrics();
  const first = await acquireSessionWriteLock({ sessionFile });
  await expect(acquireSessionWriteLock({ sessionFile, timeoutMs: 5 })).rejects.toThrow();
  const waiting = acquireSessionWriteLock({ sessionFile });
  expect(metrics.snapshot()).toMatchObject({ acquired: 1, timeouts: 1, waiting: 1 });
  await first.release();
  await (await waiting).release();

  const { acquired, waitMs, holdMs, waiting: left } = metrics.snapshot();
  metrics.close();
  await withSessionWriteLock(sessionFile, () => undefined);

  expect({ acquired, left, waits: waitMs.count, holds: holdMs.count }).toEqual({
    acquired: 2,
    left: 0,
    waits: 3,
    holds: 2,
  });
  expect(waitMs.buckets.at(-1)).toEqual({ le: Infinity, count: 3 });
  expect(holdMs.maxMs).toBeGreaterThan(0);
  expect(metrics.snapshot().acquired).toBe(2);
});

test.each(["kernel", "lockfile"] as const)(
  "a listener that is told of a release gets no lock that is then let go (%s)",
  async (engine) => {
    const sessionFile = tempSession();
    await using other = await Driver.start();
    let taken: SessionWriteLock | undefined;
    const listener = () => {
      taken ??= tryAcquireSessionWriteLock({ sessionFile, engine });
    };
    diagnosticsChannel.subscribe("session-lock:release", listener);
    onTestFinished(() => void diagnosticsChannel.unsubscribe("session-lock:release", listener));

    await (await acquireSessionWriteLock({ sessionFile, engine })).release();
    const { acquired } = await other.ask("tryAcquire", { sessionFile, engine });

    expect([taken?.held, acquired]).not.toEqual([true, true]);
    expect(acquired).toBe(taken === undefined);
    await taken?.release();
  },
);

test("a listener that is told of a takeover gets no second lock", async () => {
  const sessionFile = tempSession();
  await using dead = await Driver.start();
  await dead.ask("acquire", { sessionFile, engine: "lockfile" });
  await dead.kill();
  let second: SessionWriteLock | undefined;
  const listener = () => {
    second = tryAcquireSessionWriteLock({ sessionFile, engine: "lockfile" });
  };
  diagnosticsChannel.subscribe("session-lock:takeover", listener);
  onTestFinished(() => void diagnosticsChannel.unsubscribe("session-lock:takeover", listener));

  await using lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });

  lock.assertHeld();
  expect(second).toBeUndefined();
});

test("a listener that aborts the wait whose timeout it is told of ends no other wait", async () => {
  const sessionFile = tempSession();
  const holder = await acquireSessionWriteLock({ sessionFile });
  const controller = new AbortController();
  const listener = () => controller.abort();
  diagnosticsChannel.subscribe("session-lock:timeout", listener);
  onTestFinished(() => void diagnosticsChannel.unsubscribe("session-lock:timeout", listener));

  const first = acquireSessionWriteLock({ sessionFile, timeoutMs: 30, signal: controller.signal });
  const second = acquireSessionWriteLock({ sessionFile });
  await expect(first).rejects.toBeDefined();
  await holder.release();

  await using lock = await second;
  lock.assertHeld();
});

test("a listener that aborts a wait whose grant it is told of is too late: the lock is granted, and is free after its release", async () => {
  const sessionFile = tempSession();
  const holder = await acquireSessionWriteLock({ sessionFile });
  const controller = new AbortController();
  const waiting = acquireSessionWriteLock({ sessionFile, signal: controller.signal });
  const listener = () => controller.abort();
  diagnosticsChannel.subscribe("session-lock:acquire", listener);
  onTestFinished(() => void diagnosticsChannel.unsubscribe("session-lock:acquire", listener));

  await holder.release();
  await (await waiting).release();

  expect(controller.signal.aborted).toBe(true);
  await using next = await acquireSessionWriteLock({ sessionFile, timeoutMs: 1_000 });
  next.assertHeld();
});

test("a listener that breaks a lock whose grant it is told of leaves its owner without it, and the next one alone", async () => {
  const sessionFile = tempSession();
  const holder = await acquireSessionWriteLock({ sessionFile });
  const first = acquireSessionWriteLock({ sessionFile });
  const second = acquireSessionWriteLock({ sessionFile });
  const listener = () => {
    diagnosticsChannel.unsubscribe("session-lock:acquire", listener);
    breakSessionLock(sessionFile, { reason: "test", force: true });
  };
  diagnosticsChannel.subscribe("session-lock:acquire", listener);

  await holder.release();

  const broken = await first;
  await using lock = await second;
  expect(broken.held).toBe(false);
  expect(() => broken.assertHeld()).toThrow("it was broken: test");
  expect(lock.epoch).toBeGreaterThan(broken.epoch);
  await broken.release();
  lock.assertHeld();
});

test("a listener that is told of a release cannot change the engine while others wait", async () => {
  const sessionFile = tempSession();
  const holder = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });
  const waiting = acquireSessionWriteLock({ sessionFile, engine: "kernel", timeoutMs: patienceMs });
  let other: Promise<SessionWriteLock> | undefined;
  const listener = () => {
    other = acquireSessionWriteLock({ sessionFile, engine: "lockfile" });
    other.catch(() => undefined);
  };
  diagnosticsChannel.subscribe("session-lock:release", listener);

  await holder.release();
  diagnosticsChannel.unsubscribe("session-lock:release", listener);

  await expect(other).rejects.toMatchObject({ code: "ENGINE_MISMATCH" });
  await using lock = await waiting;
  lock.assertHeld();
});
