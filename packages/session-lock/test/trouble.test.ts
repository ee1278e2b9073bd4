import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  acquireSessionWriteLock,
  breakSessionLock,
  inspectSessionLock,
  tryAcquireSessionWriteLock,
} from "session-lock";
import type { EngineName } from "session-lock";
import { giveToOwnerOf } from "../src/same-owner.ts";
import { mayMount, mount, tmpfs, unmount } from "./support/mount.ts";
import { Driver, isStopped } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

const nobody = 65_534;

function ordinaryFolder(): string {
  const folder = tempFolder();
  giveAway(folder);
  return folder;
}

function giveAway(file: string): void {
  if (process.getuid?.() === 0) chownSync(file, nobody, nobody);
}

/** A session of a user who has no special rights. */
function ordinarySession(text: string): string {
  const sessionFile = path.join(ordinaryFolder(), "session.jsonl");
  writeFileSync(sessionFile, text);
  giveAway(sessionFile);
  return sessionFile;
}

async function ordinaryProcess(): Promise<Driver> {
  const driver = await Driver.start();
  await driver.ask("becomeOrdinary", { folder: ordinaryFolder() });
  return driver;
}

/** In a folder that cannot be changed no lock can be let go and no owner fenced off. */
function freeze(sessionFile: string): void {
  chmodSync(path.dirname(sessionFile), 0o500);
}

function thaw(sessionFile: string): void {
  chmodSync(path.dirname(sessionFile), 0o700);
}

test("a lock folder that could not be let go, and is then removed by hand, costs no other file a byte", async () => {
  const sessionFile = ordinarySession("");
  const victim = path.join(ordinaryFolder(), "victim");
  writeFileSync(victim, "untouched");
  giveAway(victim);
  await using user = await ordinaryProcess();
  await user.ask("acquire", { sessionFile, engine: "lockfile" });
  freeze(sessionFile);
  await expect(user.ask("release")).rejects.toMatchObject({ code: "IO" });
  // One of these gets the number that the record's descriptor had.
  for (let number = 0; number < 20; number += 1)
    await user.ask("openForAppend", { name: String(number), file: victim });

  thaw(sessionFile);
  rmSync(`${sessionFile}.lock`, { recursive: true });
  await user.ask("acquire", { sessionFile, engine: "lockfile" });

  expect(readFileSync(victim, "utf8")).toBe("untouched");
});

test("what fails under a lock that then cannot be let go either is what the caller is told", async () => {
  const sessionFile = ordinarySession("");
  await using user = await ordinaryProcess();

  const failing = user.ask("failInScope", { sessionFile, engine: "lockfile", message: "what matters" });

  await expect(failing).rejects.toMatchObject({ message: "what matters" });
  thaw(sessionFile);
  await user.ask("acquire", { sessionFile, engine: "lockfile" });
});

test.each(["kernel", "lockfile"] as const)(
  "a session whose lock an administrator breaks still belongs to its user (%s)",
  async (engine) => {
    const sessionFile = ordinarySession("said\n");
    const before = statSync(sessionFile);
    await using user = await ordinaryProcess();
    await user.ask("acquire", { sessionFile, engine });

    breakSessionLock(sessionFile, { reason: "test", force: true });

    const { ino, uid, gid, mode } = statSync(sessionFile);
    expect({ uid, gid, mode }).toEqual({ uid: before.uid, gid: before.gid, mode: before.mode });
    expect(ino).not.toBe(before.ino);
    await user.ask("acquire", { sessionFile, engine });
  },
);

const isRoot = process.getuid?.() === 0;

function marksIn(lockFolder: string): readonly string[] {
  const names = readdirSync(lockFolder).filter((name) => name.startsWith("waits-"));
  return names.map((name) => path.join(lockFolder, name));
}

test.runIf(isRoot).each([
  { engine: "kernel", call: "renameSync" },
  { engine: "lockfile", call: "linkSync" },
] as const)(
  "a session whose lock an administrator is just breaking is held to its user, and not out of reach ($engine)",
  async ({ engine, call }) => {
    const sessionFile = ordinarySession("said\n");
    await using owner = await ordinaryProcess();
    await using user = await ordinaryProcess();
    await using administrator = await Driver.start();
    await owner.ask("acquire", { sessionFile, engine });
    await administrator.ask("stopAfter", { call });
    const breaking = administrator.ask("breakLock", { sessionFile, reason: "stuck", force: true });
    await until(() => isStopped(administrator.pid));

    await expect(user.ask("tryAcquire", { sessionFile, engine })).resolves.toEqual({ acquired: false });
    administrator.signal("SIGCONT");

    await breaking;
    await user.ask("acquire", { sessionFile, engine });
  },
);

test.runIf(isRoot).each(["kernel", "lockfile"] as const)(
  "a user waits for the lock of its session that an administrator's process holds, and has it when that was killed (%s)",
  async (engine) => {
    const sessionFile = ordinarySession("");
    await using user = await ordinaryProcess();
    const administrator = await Driver.start();
    await administrator.ask("acquire", { sessionFile, engine });

    const early = user.ask("acquire", { sessionFile, engine, timeoutMs: 50 });
    await expect(early).rejects.toMatchObject({ code: "TIMEOUT", holder: { pid: administrator.pid } });
    await administrator.kill();

    await user.ask("acquire", { sessionFile, engine });
    await user.ask("release");
  },
);

test.runIf(isRoot)(
  "what an administrator's process makes for a lock stays its own where the folder is gone again",
  () => {
    const folder = ordinaryFolder();
    const file = path.join(folder, "made");
    const fd = openSync(file, "w");

    giveToOwnerOf(path.join(folder, "gone"), fd);

    expect(statSync(file).uid).toBe(0);
    closeSync(fd);
  },
);

test.runIf(isRoot)(
  "a lock folder in which an administrator's process waits can be let go by its user",
  async () => {
    const sessionFile = ordinarySession("");
    await using owner = await ordinaryProcess();
    await using administrator = await Driver.start();
    const options = { sessionFile, engine: "lockfile" } as const;
    await owner.ask("acquire", options);
    const waiting = administrator.ask("acquire", options);
    await until(() => inspectSessionLock(sessionFile).waiting?.includes(administrator.pid) === true);

    await owner.ask("release");
    await waiting;
    const again = owner.ask("acquire", options);
    await until(() => inspectSessionLock(sessionFile).waiting?.includes(owner.pid) === true);
    await administrator.ask("release");

    await again;
    await owner.ask("release");
  },
);

describe.each(["kernel", "lockfile"] as const)("trouble with the disk and the %s engine", (engine) => {
  test("a folder that can no longer be changed does not end the process that looks after its locks", async () => {
    const sessionFile = ordinarySession("");
    await using user = await ordinaryProcess();
    await user.ask("acquire", { sessionFile, engine });
    if (engine === "kernel") await user.ask("release");

    freeze(sessionFile);
    if (engine === "lockfile") await expect(user.ask("release")).rejects.toMatchObject({ code: "IO" });
    await delay(1_300); // an unused lock is tidied away after a second

    thaw(sessionFile);
    await user.ask("acquire", { sessionFile, engine });
    await expect(user.ask("assertHeld")).resolves.toEqual({ held: true });
  });

  test("a lock that could not be let go is let go as soon as that is possible", async () => {
    const sessionFile = ordinarySession("");
    await using drivers = await pair();
    const [owner, other] = drivers;
    await owner.ask("acquire", { sessionFile, engine });
    freeze(sessionFile);
    await owner.ask("release").catch(() => undefined);

    thaw(sessionFile);

    await other.ask("acquire", { sessionFile, engine });
  });

  test("who waits in a folder that can no longer be changed is told when its time is over, and lives on", async () => {
    const sessionFile = ordinarySession("");
    await using drivers = await pair();
    const [owner, other] = drivers;
    await owner.ask("acquire", { sessionFile, engine });
    // Longer than a busy machine takes until we see that it waits, and have frozen the folders.
    const late = other.ask("acquire", { sessionFile, engine, timeoutMs: 5_000 });
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 1);

    freeze(`${sessionFile}.lock/.`);
    freeze(sessionFile);

    await expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
    thaw(sessionFile);
    thaw(`${sessionFile}.lock/.`);
    await owner.ask("release");
    await other.ask("acquire", { sessionFile, engine });
  });

  test("nobody gets the lock of an overdue owner that cannot be fenced off, until it can", async () => {
    const sessionFile = ordinarySession("kept\n");
    await using drivers = await pair();
    const [owner, other] = drivers;
    await owner.ask("openForAppend", { file: sessionFile });
    // Stopped, so that it is not overdue, and fenced off, before that is impossible.
    const held = owner.ask("acquireAllAndStop", { sessionFiles: [sessionFile], engine, maxHoldMs: 50 });
    await until(() => isStopped(owner.pid));
    freeze(sessionFile);
    owner.signal("SIGCONT");
    await held;

    await expect(other.ask("acquire", { sessionFile, engine, timeoutMs: 400 })).rejects.toBeDefined();
    await expect(owner.ask("assertHeld", { name: sessionFile })).rejects.toMatchObject({ code: "LOST" });
    thaw(sessionFile);
    await other.ask("acquire", { sessionFile, engine });
    await owner.ask("appendLate", { text: "late\n" });

    expect(readFileSync(sessionFile, "utf8")).toBe("kept\n");
  });

  test("a break of a lock of the own process says that it could not fence, and nobody gets the lock until it could", async () => {
    const sessionFile = ordinarySession("kept\n");
    await using drivers = await pair();
    const [owner, other] = drivers;
    await owner.ask("openForAppend", { file: sessionFile });
    await owner.ask("acquire", { sessionFile, engine });
    chmodSync(sessionFile, 0o000);

    const broken = owner.ask("breakLock", { sessionFile, reason: "stuck", force: true });
    await expect(broken).rejects.toMatchObject({ code: "IO" });
    await expect(owner.ask("assertHeld")).rejects.toMatchObject({ code: "LOST" });
    await expect(other.ask("tryAcquire", { sessionFile, engine })).resolves.toEqual({ acquired: false });
    await expect(
      owner.ask("acquire", { name: "next", sessionFile, engine, timeoutMs: 0 }),
    ).rejects.toMatchObject({
      code: "IO",
    });
    chmodSync(sessionFile, 0o600);
    await other.ask("acquire", { sessionFile, engine });
    await owner.ask("appendLate", { text: "late\n" });

    expect(readFileSync(sessionFile, "utf8")).toBe("kept\n");
  });

  test("an overdue owner is fenced off also where its session file may only be read", async () => {
    const sessionFile = ordinarySession("kept\n");
    await using owner = await ordinaryProcess();
    await owner.ask("openForAppend", { file: sessionFile });
    await owner.ask("acquire", { sessionFile, engine, maxHoldMs: 50 });

    chmodSync(sessionFile, 0o444);

    await owner.ask("acquire", { name: "next", sessionFile, engine });
    await owner.ask("appendLate", { text: "late\n" });
    expect(readFileSync(sessionFile, "utf8")).toBe("kept\n");
  });

  test("an owner that cannot look at its lock is told so, and is not taken for one that lost it", async () => {
    const sessionFile = ordinarySession("");
    await using owner = await ordinaryProcess();
    await owner.ask("acquire", { sessionFile, engine });

    chmodSync(path.dirname(sessionFile), 0o000);
    await expect(owner.ask("assertHeld")).rejects.toMatchObject({ code: "IO" });
    thaw(sessionFile);

    await expect(owner.ask("assertHeld")).resolves.toEqual({ held: true });
  });

  test("an owner that is overdue while it cannot look at its lock gives it up as soon as it can", async () => {
    const sessionFile = ordinarySession("");
    await using drivers = await pair();
    const [owner, other] = drivers;
    await owner.ask("acquire", { sessionFile, engine, maxHoldMs: 50 });

    chmodSync(path.dirname(sessionFile), 0o000);
    await until(() =>
      owner.ask("assertHeld").then(
        () => false,
        (error: unknown) => (error as { code: string }).code === "LOST",
      ),
    );
    thaw(sessionFile);

    await other.ask("acquire", { sessionFile, engine });
  });

  test("after a break whose fence failed, whoever takes the lock next fences the old owner off first", async () => {
    const sessionFile = ordinarySession("kept\n");
    await using drivers = await pair();
    const [owner, other] = drivers;
    await owner.ask("openForAppend", { file: sessionFile });
    await owner.ask("acquire", { sessionFile, engine });
    chmodSync(sessionFile, 0o000);

    const broken = other.ask("breakLock", { sessionFile, reason: "stuck", force: true });
    await expect(broken).rejects.toMatchObject({ code: "IO" });
    await other.kill();
    await using next = await ordinaryProcess();
    const { removed } = await next.ask("clean", { folder: path.dirname(sessionFile) });
    expect(removed).toEqual([]); // it says that somebody is to be fenced off
    await expect(next.ask("acquire", { sessionFile, engine, timeoutMs: 300 })).rejects.toMatchObject({
      code: "IO",
    });
    chmodSync(sessionFile, 0o600);
    await until(async () => (await next.ask("tryAcquire", { sessionFile, engine }))["acquired"] === true);
    await owner.ask("appendLate", { text: "late\n" });

    expect(readFileSync(sessionFile, "utf8")).toBe("kept\n");
  });
});

describe.runIf(mayMount).each(["kernel", "lockfile"] as const)("a full disk and the %s engine", (engine) => {
  test("refuse a new lock with IO, and leave nothing that would keep others out, nor a descriptor", async () => {
    const folder = tmpfs(64);
    const sessionFile = path.join(folder, "session.jsonl");
    fill(folder);
    tryOnce(sessionFile, engine); // what is loaded on first use is loaded now
    const descriptorsBefore = readdirSync("/proc/self/fd").length;

    expect(tryOnce(sessionFile, engine)).toBe("IO");

    expect(readdirSync(folder)).toEqual(["filler"]);
    expect(readdirSync("/proc/self/fd")).toHaveLength(descriptorsBefore);
    rmSync(path.join(folder, "filler"));
    await using lock = await acquireSessionWriteLock({ sessionFile, engine, timeoutMs: 1_000 });
    lock.assertHeld();
  });

  test("do not keep a held lock from being let go to a waiting process", async () => {
    const folder = tmpfs(64);
    const sessionFile = path.join(folder, "session.jsonl");
    const lock = await acquireSessionWriteLock({ sessionFile, engine });
    await using waiter = await Driver.start();
    const waiting = waiter.ask("acquire", { sessionFile, engine });
    await until(() => inspectSessionLock(sessionFile).waiting?.length === 1);
    // A mark has its name before what is in it.
    await until(
      () => engine === "kernel" || marksIn(`${sessionFile}.lock`).every((mark) => statSync(mark).size > 0),
    );

    fill(folder);
    await lock.release();

    await expect(waiting).resolves.toHaveProperty("epoch");
  });
});

test.runIf(mayMount)(
  "a lock folder in which something cannot be removed is let go all the same",
  async () => {
    const sessionFile = tempSession();
    const lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });
    mount("-t tmpfs tmpfs", path.join(`${sessionFile}.lock`, "in-use"));
    const warned = once(process, "warning");

    await lock.release();
    const left = readdirSync(path.dirname(sessionFile)).find((name) => name.endsWith(".gone"));
    unmount(path.join(path.dirname(sessionFile), String(left), "in-use"));

    expect((await warned)[0]).toMatchObject({ code: "SESSION_LOCK_HOUSEKEEPING" });
    await using next = await acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: 1_000 });
    next.assertHeld();
  },
);

function fill(folder: string): void {
  const fd = openSync(path.join(folder, "filler"), "a");
  const isFull = (): boolean => {
    try {
      writeSync(fd, Buffer.alloc(4_096));
      return false;
    } catch {
      return true;
    }
  };
  while (!isFull());
  closeSync(fd);
}

function tryOnce(sessionFile: string, engine: EngineName): string {
  try {
    void tryAcquireSessionWriteLock({ sessionFile, engine });
    return "granted or busy";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("every call on a session whose folder cannot be looked into fails with IO", async () => {
  const sessionFile = ordinarySession("");
  const folder = path.dirname(sessionFile);
  await using user = await ordinaryProcess();
  chmodSync(folder, 0o000);

  for (const [operation, input] of [
    ["acquire", { sessionFile }],
    ["tryAcquire", { sessionFile }],
    ["inspect", { sessionFile }],
    ["breakLock", { sessionFile, reason: "none" }],
    ["list", { folder }],
    ["clean", { folder }],
  ] as const)
    await expect(user.ask(operation, input), operation).rejects.toMatchObject({ code: "IO" });

  thaw(sessionFile);
});

test("a try that fails as it looks at the lock file leaves nothing locked", async () => {
  const sessionFile = ordinarySession("");
  await using user = await ordinaryProcess();
  await user.ask("acquire", { sessionFile, engine: "kernel" });
  await user.ask("release");
  await delay(5); // what was seen of the path a moment ago counts no more
  chmodSync(path.dirname(sessionFile), 0o000);
  await expect(user.ask("tryAcquire", { sessionFile })).rejects.toMatchObject({ code: "IO" });
  thaw(sessionFile);

  await using lock = tryAcquireSessionWriteLock({ sessionFile, engine: "kernel" });
  expect(lock?.held).toBe(true);
});

/** Two ordinary processes that end together. */
async function pair(): Promise<readonly [Driver, Driver] & AsyncDisposable> {
  const drivers = [await ordinaryProcess(), await ordinaryProcess()] as const;
  const end = async (): Promise<void> => {
    for (const driver of drivers) await driver.kill();
  };
  return Object.assign([...drivers] as const, { [Symbol.asyncDispose]: end });
}
