import { statSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, inspectSessionLock } from "session-lock";
import { mayMount, overlay, tmpfs } from "./support/mount.ts";
import { Driver } from "./support/process.ts";

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

function inode(sessionFile: string): number {
  return statSync(`${sessionFile}.lock`).ino;
}
