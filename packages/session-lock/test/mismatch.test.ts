import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock } from "session-lock";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

describe.each([
  ["kernel", "lockfile"],
  ["lockfile", "kernel"],
] as const)("one process on the %s engine, another on the %s engine", (theirs, ours) => {
  test("the mix fails with ENGINE_MISMATCH before anything is written", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "untouched");
    await using other = await Driver.start();
    await other.ask("acquire", { sessionFile, engine: theirs });

    await expect(acquireSessionWriteLock({ sessionFile, engine: ours })).rejects.toMatchObject({
      code: "ENGINE_MISMATCH",
      retryable: false,
    });

    await expect(other.ask("assertHeld")).resolves.toEqual({ held: true });
    expect(readFileSync(sessionFile, "utf8")).toBe("untouched");
  });

  test("the mix fails in one process too", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, engine: theirs });

    await expect(acquireSessionWriteLock({ sessionFile, engine: ours })).rejects.toMatchObject({
      code: "ENGINE_MISMATCH",
    });
    lock.assertHeld();
  });
});

test("a process changes its engine for a file that it does not hold", async () => {
  const sessionFile = tempSession();
  const first = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });
  await first.release();

  await using second = await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });

  second.assertHeld();
});

test("SESSION_LOCK_ENGINE forces the engine", async () => {
  const sessionFile = tempSession();
  await using other = await Driver.start({ SESSION_LOCK_ENGINE: "lockfile" });
  await other.ask("acquire", { sessionFile });

  expect(() => tryAcquireSessionWriteLock({ sessionFile, engine: "kernel" })).toThrow(
    expect.objectContaining({ code: "ENGINE_MISMATCH" }),
  );
});
