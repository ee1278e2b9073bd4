import { execFileSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  acquireSessionWriteLock,
  breakSessionLock,
  inspectSessionLock,
  tryAcquireSessionWriteLock,
} from "session-lock";
import { patienceMs } from "./support/patience.ts";
import { Driver, isStopped } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

describe.each(["kernel", "lockfile"] as const)("break with the %s engine", (engine) => {
  test("an owner stopped between its check and its write is fenced off: its bytes land nowhere", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "before\n");
    await using owner = await Driver.start();
    await owner.ask("acquire", { sessionFile, engine });
    const late = owner.ask("checkStopWrite", { file: sessionFile, text: "late\n" });
    const lost = expect(late).rejects.toMatchObject({ code: "LOST" });
    await until(() => isStopped(owner.pid));

    const broken = breakSessionLock(sessionFile, { reason: "owner does not answer", force: true });
    await using lock = await acquireSessionWriteLock({ sessionFile, engine });
    appendFileSync(sessionFile, "after\n");
    owner.signal("SIGCONT");
    await lost;

    expect(broken.outcome).toBe("broken");
    lock.assertHeld();
    expect(readFileSync(sessionFile, "utf8")).toBe("before\nafter\n");
    await owner.ask("release");
    lock.assertHeld();
  });

  test("who waits gets a lock that is broken, and its stopped owner learns that it lost it", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "before\n");
    await using owner = await Driver.start();
    await using waiter = await Driver.start();
    await owner.ask("acquire", { sessionFile, engine });
    await owner.ask("openForAppend", { file: sessionFile });
    const waiting = waiter.ask("acquire", { sessionFile, engine });
    await until(() => inspectSessionLock(sessionFile).waiting?.includes(waiter.pid) === true);
    owner.signal("SIGSTOP");

    expect(breakSessionLock(sessionFile, { reason: "stuck", force: true }).outcome).toBe("broken");
    await waiting;
    owner.signal("SIGCONT");
    await owner.ask("appendLate", { text: "late\n" });

    await expect(owner.ask("assertHeld")).rejects.toMatchObject({ code: "LOST" });
    await owner.ask("release");
    await expect(waiter.ask("assertHeld")).resolves.toEqual({ held: true });
    await waiter.ask("release");
    expect(readFileSync(sessionFile, "utf8")).toBe("before\n");
    await using next = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 1_000 });
    next.assertHeld();
  });

  test("an owner that never asks learns of a break all the same, and lets the other tasks of its process get the lock", async () => {
    const sessionFile = tempSession();
    await using owner = await Driver.start();
    await owner.ask("acquire", { sessionFile, engine });
    const next = owner.ask("acquire", { name: "next", sessionFile, engine });

    breakSessionLock(sessionFile, { reason: "stuck", force: true });

    await next;
    await expect(owner.ask("assertHeld", { name: "next" })).resolves.toEqual({ held: true });
    await expect(owner.ask("assertHeld")).rejects.toMatchObject({ code: "LOST" });
  });

  test("a live holder on this machine is not broken without force", async () => {
    const sessionFile = tempSession();
    await using owner = await Driver.start();
    await owner.ask("acquire", { sessionFile, engine });

    const { outcome, status } = breakSessionLock(sessionFile, { reason: "impatience" });

    expect(outcome).toBe("refused");
    expect(status.holder?.pid).toBe(owner.pid);
    await expect(owner.ask("assertHeld")).resolves.toEqual({ held: true });
  });

  test("a live local holder who took over from a dead one since the break looked is not broken without force", async () => {
    const sessionFile = tempSession();
    await using operator = await Driver.start();
    await using dead = await Driver.start();
    if (engine === "lockfile") await dead.ask("acquire", { sessionFile, engine });
    await dead.kill();
    if (engine === "kernel") writeFileSync(`${sessionFile}.lock`, JSON.stringify({ pid: dead.pid }));
    // What ends the look. The kernel's list of locks was closed before.
    await operator.ask(
      "stopAfter",
      engine === "kernel" ? { call: "closeSync", times: 2 } : { call: "readdirSync" },
    );
    const breaking = operator.ask("breakLock", { sessionFile, reason: "its owner is dead" });
    await until(() => isStopped(operator.pid));

    await using lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 5_000 });
    operator.signal("SIGCONT");

    expect((await breaking)["outcome"]).toBe("refused");
    lock.assertHeld();
  });

  test("a process that is stopped while it fences off its own owner overwrites nothing of who came after a break", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "before\n");
    await using owner = await Driver.start();
    await owner.ask("acquire", { sessionFile, engine });
    await owner.ask("stopAfter", { call: "copyFileSync" });
    const late = owner.ask("breakLock", { sessionFile, reason: "stuck", force: true });
    await until(() => isStopped(owner.pid));

    const { outcome } = breakSessionLock(sessionFile, { reason: "does not answer", force: true });
    await using lock = await acquireSessionWriteLock({ sessionFile, engine });
    appendFileSync(sessionFile, "acknowledged\n");
    owner.signal("SIGCONT");
    await late;

    expect(outcome).toBe("broken");
    lock.assertHeld();
    expect(readFileSync(sessionFile, "utf8")).toBe("before\nacknowledged\n");
    expect(readdirSync(path.dirname(sessionFile)).filter((name) => name.endsWith(".fence"))).toEqual([]);
  });

  test("a break whose copy of the session file is cleaned away fails, and the owner is fenced off by who comes next", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "before\n");
    await using owner = await Driver.start();
    await using operator = await Driver.start();
    await owner.ask("openForAppend", { file: sessionFile });
    await owner.ask("acquire", { sessionFile, engine });
    await operator.ask("stopAfter", { call: "copyFileSync" });
    const breaking = operator.ask("breakLock", { sessionFile, reason: "stuck", force: true });
    await until(() => isStopped(operator.pid));

    const folder = path.dirname(sessionFile);
    for (const name of readdirSync(folder)) if (name.endsWith(".fence")) rmSync(path.join(folder, name));
    operator.signal("SIGCONT");

    await expect(breaking).rejects.toMatchObject({ code: "IO" });
    await using next = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs });
    await owner.ask("appendLate", { text: "late\n" });
    next.assertHeld();
    expect(readFileSync(sessionFile, "utf8")).toBe("before\n");
  });

  test("a break of a lock whose owner is just being told that it lost it takes it from nobody else", async () => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "before\n");
    await using owner = await acquireSessionWriteLock({ sessionFile, engine });
    const again: string[] = [];
    owner.signal.addEventListener("abort", () => {
      again.push(breakSessionLock(sessionFile, { reason: "to be sure", force: true }).outcome);
    });
    const waiting = acquireSessionWriteLock({ sessionFile, engine, timeoutMs: patienceMs });
    const told: unknown[] = [];
    const listener = (message: unknown) => told.push(message);
    subscribe("session-lock:lost", listener);

    const { outcome } = breakSessionLock(sessionFile, { reason: "stuck", force: true });
    unsubscribe("session-lock:lost", listener);
    await using next = await waiting;
    await using other = await Driver.start();

    next.assertHeld();
    await expect(other.ask("tryAcquire", { sessionFile, engine })).resolves.toEqual({ acquired: false });
    expect(tryAcquireSessionWriteLock({ sessionFile, engine })).toBeUndefined();
    expect([outcome, ...again]).toEqual(["broken", "refused"]);
    expect(told).toHaveLength(1);
  });

  test("a lock held by this process is broken in place and its owner told why", async () => {
    const sessionFile = tempSession();
    const lock = await acquireSessionWriteLock({ sessionFile, engine });

    const { outcome } = breakSessionLock(sessionFile, { reason: "test of the alarm", force: true });

    expect(outcome).toBe("broken");
    expect(() => lock.assertHeld()).toThrow(/test of the alarm/);
    await using next = await acquireSessionWriteLock({ sessionFile, engine });
    next.assertHeld();
    await lock.release();
    next.assertHeld();
  });

  test("there is nothing to break in a free lock", () => {
    const sessionFile = tempSession();

    expect(breakSessionLock(sessionFile, { reason: "curiosity" }).outcome).toBe("free");
  });

  test("the inspector tells held from free, and who waits", async () => {
    const sessionFile = tempSession();
    await using owner = await Driver.start();
    await using waiter = await Driver.start();
    await owner.ask("acquire", { sessionFile, engine, purpose: "to be seen" });
    const waiting = waiter.ask("acquire", { sessionFile, engine });
    await until(() => inspectSessionLock(sessionFile).waiting?.includes(waiter.pid) === true);

    expect(inspectSessionLock(sessionFile)).toMatchObject({
      state: "held",
      engine,
      isLocal: true,
      sameProcess: false,
      holder: { pid: owner.pid, purpose: "to be seen" },
      waiting: [waiter.pid],
    });

    await owner.ask("release");
    await waiting;
    await waiter.ask("release");
    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "free", sameProcess: false });
  });
});

test.each([
  ["empty", (record: string) => writeFileSync(record, "")],
  ["a link", (record: string) => symlinkSync("/etc/passwd", record)],
  ["a pipe", (record: string) => execFileSync("mkfifo", [record])],
  ["a folder", (record: string) => mkdirSync(record)],
] as const)(
  "a lock folder whose record is %s counts as held, is broken, and free afterwards",
  async (_what, make) => {
    const sessionFile = tempSession();
    writeFileSync(sessionFile, "kept\n");
    mkdirSync(`${sessionFile}.lock`);
    make(path.join(`${sessionFile}.lock`, "after-root"));
    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "held", engine: "foreign" });
    expect(tryAcquireSessionWriteLock({ sessionFile, engine: "lockfile" })).toBeUndefined();

    expect(breakSessionLock(sessionFile, { reason: "power cut" }).outcome).toBe("broken");

    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: 1_000 });
    lock.assertHeld();
  },
);

test.each(["", " ", undefined, 5])("a lock is not broken for no reason (%o)", async (reason) => {
  const sessionFile = tempSession();
  await using lock = await acquireSessionWriteLock({ sessionFile });

  expect(() => breakSessionLock(sessionFile, { reason: reason as string, force: true })).toThrow(TypeError);
  lock.assertHeld();
});

test.each([
  { moment: "published its claim, and not looked whether that made it the owner", call: "linkSync" },
  { moment: "taken the place of the owner before, and granted nothing", call: "renameSync" },
])(
  "a lock folder that is broken when its next owner has just $moment is taken by that one later",
  async ({ call }) => {
    const sessionFile = tempSession();
    const lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });
    await using waiter = await Driver.start();
    await waiter.ask("stopAfter", { call });
    const waiting = waiter.ask("acquire", { sessionFile, engine: "lockfile" });
    await until(() => inspectSessionLock(sessionFile).waiting?.includes(waiter.pid) === true);
    await lock.release();
    await until(() => isStopped(waiter.pid));

    const { outcome } = breakSessionLock(sessionFile, { reason: "stuck", force: true });
    waiter.signal("SIGCONT");

    expect(outcome).toBe("broken");
    expect(Number((await waiting)["epoch"])).toBeGreaterThan(lock.epoch);
    await waiter.ask("assertHeld");
    await waiter.ask("release");
    expect(readdirSync(path.dirname(sessionFile))).toEqual([]);
  },
);

test("an owner that is stopped just before it removes its lock folder, and is broken, takes nothing from who came after", async () => {
  const sessionFile = tempSession();
  await using owner = await Driver.start();
  await using other = await Driver.start();
  await owner.ask("acquire", { sessionFile, engine: "lockfile" });
  await owner.ask("stopAfter", { call: "closeSync" });
  const releasing = owner.ask("release");
  await until(() => isStopped(owner.pid));

  const { outcome } = breakSessionLock(sessionFile, { reason: "stuck", force: true });
  await using lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });
  owner.signal("SIGCONT");
  await releasing;

  expect(outcome).toBe("broken");
  lock.assertHeld();
  await expect(other.ask("tryAcquire", { sessionFile, engine: "lockfile" })).resolves.toEqual({
    acquired: false,
  });
  expect(readdirSync(path.dirname(sessionFile))).toEqual([path.basename(`${sessionFile}.lock`)]);
});

test("who waits for a lock folder that a tool removes when it has just been taken gets the next one", async () => {
  const sessionFile = tempSession();
  const lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });
  await using waiter = await Driver.start();
  await waiter.ask("stopAfter", { call: "unlinkSync" });
  const waiting = waiter.ask("acquire", { sessionFile, engine: "lockfile" });
  await until(() => inspectSessionLock(sessionFile).waiting?.includes(waiter.pid) === true);
  await lock.release();
  await until(() => isStopped(waiter.pid));

  rmSync(`${sessionFile}.lock`, { recursive: true });
  waiter.signal("SIGCONT");

  await waiting;
  await expect(waiter.ask("assertHeld")).resolves.toEqual({ held: true });
});
