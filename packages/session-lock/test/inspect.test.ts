import fs, { statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { acquireSessionWriteLock, inspectSessionLock, listSessionLocks } from "session-lock";
import { mayMount, overlay, tmpfs } from "./support/mount.ts";
import { Driver, isStopped } from "./support/process.ts";
import { tempFolder, tempSession } from "./support/temp.ts";
import { until } from "./support/until.ts";

describe.runIf(mayMount)("the inspector on the kernel engine", () => {
  test("does not mistake a lock on another file system for one on the file of equal number", async () => {
    const [held, left] = [tmpfs(), tmpfs()].map((folder) => path.join(folder, "session.jsonl")) as [
      string,
      string,
    ];
    await using dead = await Driver.start();
    await dead.ask("acquire", { sessionFile: left, engine: "kernel" });
    await dead.kill();
    await using lock = await acquireSessionWriteLock({ sessionFile: held, engine: "kernel" });
    expect(inode(left)).toBe(inode(held));

    expect(inspectSessionLock(held)).toMatchObject({ state: "held", holder: { epoch: lock.epoch } });
    expect(inspectSessionLock(left)).toMatchObject({ state: "free", holder: undefined, waiting: [] });
  });

  test("sees a held lock on an overlay, whose files tell another device than the kernel's list", async () => {
    const sessionFile = path.join(overlay(), "session.jsonl");
    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "kernel" });

    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "held", holder: { epoch: lock.epoch } });
  });
});

test.runIf(process.platform === "linux")(
  "the sessions of a folder are listed with one look at the kernel's locks, however many there are",
  async () => {
    const folder = tempFolder();
    const dead = await Driver.start();
    for (const name of ["a", "c"])
      await dead.ask("acquire", { name, sessionFile: path.join(folder, name), engine: "kernel" });
    await dead.kill();
    await using lock = await acquireSessionWriteLock({
      sessionFile: path.join(folder, "b"),
      engine: "kernel",
    });
    const plain = fs.readFileSync;
    onTestFinished(() => {
      fs.readFileSync = plain;
      syncBuiltinESMExports();
    });
    let looks = 0;
    fs.readFileSync = ((...given: Parameters<typeof plain>) => {
      if (given[0] === "/proc/locks") looks += 1;
      return plain(...given);
    }) as typeof plain;
    syncBuiltinESMExports();

    const states = listSessionLocks(folder).map(({ state }) => state);

    expect(states).toEqual(["free", "held", "free"]);
    expect(looks).toBe(1);
    lock.assertHeld();
  },
);

test("the inspector names no holder of a lock that was let go, while its file is tidied away", async () => {
  const sessionFile = tempSession();
  await using holder = await Driver.start();
  await holder.ask("acquire", { sessionFile, engine: "kernel" });
  // Who tidies up reads the record, with the file locked, before it removes that.
  await Promise.all([holder.ask("release"), holder.ask("stopAfter", { call: "readSync" })]);
  await until(() => isStopped(holder.pid));

  expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "free", holder: undefined, isLocal: false });
});

describe("the inspector on the lockfile engine", () => {
  test("does not name as waiting a process that has died, or what is no process", async () => {
    const sessionFile = tempSession();
    await using dead = await Driver.start();
    await dead.kill();
    await using living = await Driver.start();
    await using lock = await acquireSessionWriteLock({ sessionFile, engine: "lockfile" });
    for (const who of [dead.pid, living.pid, "nobody"])
      writeFileSync(path.join(`${sessionFile}.lock`, `waits-1-${who}-mark`), "");

    expect(inspectSessionLock(sessionFile).waiting).toEqual([living.pid]);
    lock.assertHeld();
  });
});

function inode(sessionFile: string): number {
  return statSync(`${sessionFile}.lock`).ino;
}
