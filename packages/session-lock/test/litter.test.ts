import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import {
  acquireSessionWriteLock,
  breakSessionLock,
  cleanSessionLocks,
  inspectSessionLock,
  tryAcquireSessionWriteLock,
  withSessionWriteLock,
} from "session-lock";
import { patienceMs } from "./support/patience.ts";
import { Driver, workerPath } from "./support/process.ts";
import { memorySession, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

describe("the kernel engine's lock file", () => {
  test("is removed when the clock alone gives the next owner a greater epoch", async () => {
    const sessionFile = memorySession();
    await using other = await Driver.start();
    for (let round = 0; round < 50; round += 1) {
      await withSessionWriteLock(sessionFile, () => undefined, { engine: "kernel" });
      const { epoch } = await withSessionWriteLock(sessionFile, (lock) => lock, { engine: "kernel" });
      await until(() => cleanSessionLocks(path.dirname(sessionFile)).removed.length > 0);
      expect(Date.now() * 1000).toBeGreaterThan(epoch);
    }
    // By a break it is removed too.
    const takeovers: number[] = [];
    const listener = (message: unknown) => takeovers.push((message as { epoch: number }).epoch);
    subscribe("session-lock:takeover", listener);
    for (let round = 0; round < 50; round += 1) {
      await other.ask("acquire", { sessionFile, engine: "kernel" });
      breakSessionLock(sessionFile, { reason: "test", force: true });
      expect(Date.now() * 1000).toBeGreaterThan(Number(takeovers.at(-1)));
      await other.ask("release");
    }
    unsubscribe("session-lock:takeover", listener);
    expect(takeovers.length).toBe(50);
  });

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

  test("that was removed is noticed by who asks again and again in waits that are short", async () => {
    const sessionFile = tempSession();
    await withSessionWriteLock(sessionFile, () => undefined, { engine: "kernel" });
    await using other = await Driver.start();
    await other.ask("acquire", { sessionFile, engine: "kernel" });
    const ask = () =>
      acquireSessionWriteLock({ sessionFile, engine: "kernel", signal: AbortSignal.timeout(2) }).catch(
        () => undefined,
      );
    expect(await ask()).toBeUndefined();
    unlinkSync(`${sessionFile}.lock`);

    const asked = [];
    for (let times = 0; times < 10; times += 1) asked.push(await ask());
    const got = asked.find((lock) => lock !== undefined);
    expect(got?.held).toBe(true);
    await got?.release();
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
  test("passes from one waiting process to the next, and the last one removes it", async () => {
    const sessionFile = tempSession();
    const options = { sessionFile, engine: "lockfile", timeoutMs: patienceMs } as const;
    await using first = await Driver.start();
    await using second = await Driver.start();
    const lock = await acquireSessionWriteLock(options);
    const { ino } = statSync(`${sessionFile}.lock`);
    const [one, two] = [first.ask("acquire", options), second.ask("acquire", options)];
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 2);

    await lock.release();
    const served = await Promise.race([one.then(() => first), two.then(() => second)]);
    expect(statSync(`${sessionFile}.lock`).ino).toBe(ino);
    expect(readdirSync(`${sessionFile}.lock`).filter((name) => !name.startsWith("waits-"))).toEqual([
      "after-root",
    ]);
    await served.ask("release");
    await Promise.all([one, two]);
    await (served === first ? second : first).ask("release");

    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  });

  test("keeps no mark of a process that exits while it waits, and none of a thread that is terminated", async () => {
    const sessionFile = tempSession();
    const options = { sessionFile, engine: "lockfile", timeoutMs: patienceMs } as const;
    await using exiting = await Driver.start();
    const lock = await acquireSessionWriteLock(options);
    const thread = new Worker(workerPath("thread.js"), { workerData: options });
    void exiting.ask("acquire", options);
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 2);

    await exiting.ask("exit");
    await exiting.exited();
    expect(inspectSessionLock(sessionFile).waiting).toEqual([process.pid]);
    await thread.terminate();
    await lock.release();

    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  });

  test("goes away when everybody who waits for it gives up at the moment it is left to them", async () => {
    const sessionFile = tempSession();
    const options = { sessionFile, engine: "lockfile" } as const;
    await using holder = await Driver.start();
    await holder.ask("acquire", options);
    const stop = new AbortController();
    const waiting = acquireSessionWriteLock({ ...options, signal: stop.signal });
    const given = expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 1);

    const released = holder.ask("release");
    // This process hears of nothing meanwhile: neither that it is called, nor that the release is done.
    blockUntil(() => inspectSessionLock(sessionFile).state === "free");
    stop.abort();
    await Promise.all([given, released]);

    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  });

  test.each([
    ["before it wrote anything", []],
    ["before its record got its name", ["claim-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"]],
  ])("is free, and goes with clean, where its maker was killed %s", (_, drafts) => {
    const sessionFile = tempSession();
    const folder = `${sessionFile}.lock`;
    mkdirSync(folder);
    chmodSync(folder, 0o1700); // as the engine makes it
    for (const draft of drafts) writeFileSync(path.join(folder, draft), "");

    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "free", engine: "lockfile", waiting: [] });
    expect(cleanSessionLocks(path.dirname(sessionFile))).toEqual({ removed: [folder], kept: [], failed: [] });

    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  });

  test("stays where another tool made it, for which an empty folder is a lock that is held", () => {
    const sessionFile = tempSession();
    mkdirSync(`${sessionFile}.lock`);

    expect(cleanSessionLocks(path.dirname(sessionFile))).toMatchObject({
      removed: [],
      kept: [{ state: "held", engine: "foreign" }],
    });
  });

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

function blockUntil(isSo: () => boolean): void {
  const giveUpAt = performance.now() + patienceMs;
  while (!isSo()) if (performance.now() > giveUpAt) throw new Error("it did not become so");
}

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
