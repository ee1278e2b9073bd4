import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock, withSessionWriteLock } from "session-lock";
import { Driver } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

describe("the kernel engine's lock file", () => {
  test("goes away once the session has been idle", async () => {
    const sessionFile = tempSession();
    await withSessionWriteLock(sessionFile, () => undefined, { engine: "kernel" });
    expect(existsSync(`${sessionFile}.lock`)).toBe(true);

    await until(() => !existsSync(`${sessionFile}.lock`));

    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  });

  test("is kept by an idle process as long as another one holds it", async () => {
    const sessionFile = tempSession();
    await using idle = await Driver.start();
    await idle.ask("acquire", { sessionFile, engine: "kernel" });
    await idle.ask("release");
    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });

    await until(() => !hasOpen(idle.pid, `${sessionFile}.lock`));

    lock.assertHeld();
    await expect(idle.ask("tryAcquire", { sessionFile, engine: "kernel" })).resolves.toEqual({
      acquired: false,
    });
  });

  test("that a crash left behind keeps nobody out", async () => {
    const sessionFile = tempSession();
    await using crashed = await Driver.start();
    await crashed.ask("acquire", { sessionFile, engine: "kernel" });
    await crashed.kill();
    expect(existsSync(`${sessionFile}.lock`)).toBe(true);

    await using lock = tryAcquireSessionWriteLock({ sessionFile, engine: "kernel" });

    expect(lock?.held).toBe(true);
  });

  test("gives no right when it was removed and made anew while this process had the old one open", async () => {
    const sessionFile = tempSession();
    await withSessionWriteLock(sessionFile, () => undefined, { engine: "kernel" });
    unlinkSync(`${sessionFile}.lock`);
    await using other = await Driver.start();
    await other.ask("acquire", { sessionFile, engine: "kernel" });

    expect(tryAcquireSessionWriteLock({ sessionFile, engine: "kernel" })).toBeUndefined();
  });

  test("that is replaced under its owner makes assertHeld throw LOST", async () => {
    const sessionFile = tempSession();
    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });
    writeFileSync(`${sessionFile}.new`, readFileSync(`${sessionFile}.lock`));
    renameSync(`${sessionFile}.new`, `${sessionFile}.lock`);

    expect(() => lock.assertHeld()).toThrow(expect.objectContaining({ code: "LOST" }));
    expect(lock.held).toBe(false);
    expect(lock.signal.aborted).toBe(true);
  });
});

describe("the lockfile engine's lock folder", () => {
  test("exists only while the lock is held, and leaves nothing", async () => {
    const sessionFile = tempSession();

    await withSessionWriteLock(
      sessionFile,
      () => expect(readdirSync(`${sessionFile}.lock`)).toContain("after-root"),
      { engine: "lockfile" },
    );

    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  });
});

function hasOpen(pid: number, file: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === file);
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ""; // that descriptor was closed meanwhile
  }
}
