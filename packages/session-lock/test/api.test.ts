import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import * as api from "session-lock";
import {
  acquireSessionWriteLock,
  heldSessionWriteLock,
  SessionLockError,
  tryAcquireSessionWriteLock,
  withSessionWriteLock,
} from "session-lock";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

test("the package exports exactly its contract", () => {
  expect(Object.keys(api).sort()).toEqual([
    "SessionLockError",
    "acquireSessionWriteLock",
    "breakSessionLock",
    "cleanSessionLocks",
    "collectSessionLockMetrics",
    "heldSessionWriteLock",
    "inspectSessionLock",
    "listSessionLocks",
    "tryAcquireSessionWriteLock",
    "tryWithSessionWriteLock",
    "withSessionWriteLock",
  ]);
});

describe("options", () => {
  test.each([
    [{ timeoutMs: -1 }, RangeError],
    [{ timeoutMs: Number.NaN }, RangeError],
    [{ timeoutMs: Infinity }, RangeError],
    [{ maxHoldMs: 0 }, RangeError],
    [{ staleMs: 1_999 }, RangeError],
    [{ engine: "flock" as "kernel" }, TypeError],
  ])("%j is refused", async (options, kind) => {
    await expect(acquireSessionWriteLock({ sessionFile: tempSession(), ...options })).rejects.toThrow(kind);
  });

  test.each([
    ["timeoutMs", "300000"],
    ["timeoutMs", null],
    ["maxHoldMs", "300000"],
    ["maxHoldMs", null],
    ["staleMs", 30_000n],
    ["allowReentrant", "proces"],
    ["allowReentrant", null],
    ["signal", null],
    ["signal", new AbortController()],
    ["purpose", 5],
    ["purpose", null],
    ["within", null],
    ["within", "lock"],
    ["engine", null],
  ])(
    "%s of the wrong type is a TypeError that names it, with or without contention (%o)",
    async (name, value) => {
      const sessionFile = tempSession();
      const options = { sessionFile, [name]: value };
      const naming: unknown = expect.objectContaining({
        name: "TypeError",
        message: expect.stringMatching(`^${name} must be `) as string,
      });

      expect(() => tryAcquireSessionWriteLock(options)).toThrow(naming);
      await using lock = await acquireSessionWriteLock({ sessionFile });
      expect(() => tryAcquireSessionWriteLock(options)).toThrow(naming);
      lock.assertHeld();
    },
  );

  test("a signal of another realm is a signal", async () => {
    const { signal } = new AbortController();
    const lookalike = {
      aborted: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    };

    await using lock = await acquireSessionWriteLock({ sessionFile: tempSession(), signal });
    await using other = await acquireSessionWriteLock({
      sessionFile: tempSession(),
      signal: lookalike as unknown as AbortSignal,
    });

    expect([lock.held, other.held]).toEqual([true, true]);
  });

  test("timeoutMs 0 tries once", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, timeoutMs: 0 });

    await expect(acquireSessionWriteLock({ sessionFile, timeoutMs: 0 })).rejects.toMatchObject({
      code: "TIMEOUT",
      waitedMs: 0,
      sameProcess: true,
    });
    lock.assertHeld();
  });

  test("an aborted signal refuses before anything is tried", async () => {
    const sessionFile = tempSession();

    await expect(
      acquireSessionWriteLock({ sessionFile, signal: AbortSignal.abort("enough") }),
    ).rejects.toMatchObject({ code: "ABORTED", cause: "enough" });
  });

  test("within must be a live lock on the same file", async () => {
    const [sessionFile, other] = [tempSession(), tempSession()];
    const lock = await acquireSessionWriteLock({ sessionFile });

    await expect(acquireSessionWriteLock({ sessionFile: other, within: lock })).rejects.toMatchObject({
      code: "INVALID_TARGET",
    });
    await lock.release();
    await expect(acquireSessionWriteLock({ sessionFile, within: lock })).rejects.toMatchObject({
      code: "RELEASED",
    });
  });

  test('allowReentrant "process" shares one lock among all tasks and frees it after the last', async () => {
    const sessionFile = tempSession();
    const first = await acquireSessionWriteLock({ sessionFile });
    const second = await acquireSessionWriteLock({ sessionFile, allowReentrant: "process" });

    expect(second.epoch).toBe(first.epoch);
    await first.release();
    second.assertHeld();
    expect(tryAcquireSessionWriteLock({ sessionFile })).toBeUndefined();
    await second.release();
    await using third = tryAcquireSessionWriteLock({ sessionFile });
    expect(third?.held).toBe(true);
  });
});

describe("errors", () => {
  test("a TIMEOUT says who holds the lock, what for, and that trying again may help", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, purpose: "append of a test" });

    const error: unknown = await acquireSessionWriteLock({ sessionFile, timeoutMs: 30 }).catch(
      (e: unknown) => e,
    );

    expect(error).toBeInstanceOf(SessionLockError);
    expect(error).toMatchObject({
      name: "SessionLockError",
      code: "TIMEOUT",
      retryable: true,
      retryAfterMs: 50,
      sameProcess: true,
      sessionFile,
      holder: { pid: process.pid, purpose: "append of a test", epoch: lock.epoch },
      message: expect.stringMatching(
        /^session file locked \(timeout 30ms\): held by another task of this process, pid=\d+/,
      ) as string,
    });
  });
});

test("a TIMEOUT says where the lock was acquired when its holder runs with SESSION_LOCK_DEBUG=1", async () => {
  const sessionFile = tempSession();
  await using holder = await Driver.start({ SESSION_LOCK_DEBUG: "1" });
  await holder.ask("acquire", { sessionFile });

  const refused = acquireSessionWriteLock({ sessionFile, timeoutMs: 30 });

  await expect(refused).rejects.toMatchObject({
    code: "TIMEOUT",
    holder: { pid: holder.pid, where: expect.stringMatching(/driver\.js:\d+:\d+/) as string },
    message: expect.stringMatching(/ acquired at (?!at ).*driver\.js:\d+:\d+/) as string,
  });
});

describe("heldSessionWriteLock", () => {
  test("finds the lock of the caller's own scope, or any live one of the process, and none else", async () => {
    const sessionFile = tempSession();
    expect(heldSessionWriteLock(sessionFile)).toBeUndefined();

    await withSessionWriteLock(sessionFile, (lock) => {
      expect(heldSessionWriteLock(sessionFile)?.epoch).toBe(lock.epoch);
    });
    expect(heldSessionWriteLock(sessionFile)).toBeUndefined();

    const lock = await acquireSessionWriteLock({ sessionFile });
    const found = heldSessionWriteLock(sessionFile);
    found?.assertHeld();
    expect(found?.epoch).toBe(lock.epoch);
    await lock.release();
    expect(() => found?.assertHeld()).toThrow(expect.objectContaining({ code: "RELEASED" }));
  });

  test("gives a view whose release ends nobody's lock", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile });

    await heldSessionWriteLock(sessionFile)?.release();

    lock.assertHeld();
  });

  test("is undefined for a task beside the scope that the lock is at work in", async () => {
    const sessionFile = tempSession();
    const beside = AsyncLocalStorage.snapshot();

    await withSessionWriteLock(sessionFile, (lock) => {
      expect(heldSessionWriteLock(sessionFile)?.epoch).toBe(lock.epoch);
      expect(beside(() => heldSessionWriteLock(sessionFile))).toBeUndefined();
    });
  });
});

test("scopes of different files do not mix", async () => {
  const [one, two] = [tempSession(), tempSession()];

  await withSessionWriteLock(one, async (outer) => {
    await withSessionWriteLock(two, async (inner) => {
      await using again = await acquireSessionWriteLock({ sessionFile: one, timeoutMs: 0 });
      expect(again.epoch).toBe(outer.epoch);
      expect(inner.sessionFile).toBe(two);
    });
  });
});

test("a process that nobody else is with gets the lock of a lock folder at once, however short it would wait", async () => {
  const options = { sessionFile: tempSession(), engine: "lockfile", timeoutMs: 1 } as const;

  for (let round = 0; round < 500; round += 1) {
    const lock = await acquireSessionWriteLock(options);
    await lock.release();
  }

  expect(tryAcquireSessionWriteLock(options)).toBeDefined();
});
