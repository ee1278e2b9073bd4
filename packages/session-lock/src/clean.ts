import { randomUUID } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import path from "node:path";
import { chainEnd, publish } from "./engines/claim-chain.ts";
import { both, main } from "./engines/kernel.ts";
import { loadKernelLocks } from "./engines/kernel-locks.ts";
import { isAtPath, readLockFile, withLockFile } from "./engines/lock-file.ts";
import { leaveFolder, removeDeadFile } from "./engines/lock-folder.ts";
import { advanceEpoch } from "./epochs.ts";
import { listSessionLocks } from "./inspect.ts";
import type { SessionLockStatus } from "./inspect.ts";
import { identity } from "./owner.ts";
import { RecordWriter } from "./record.ts";

export interface CleanedSessionLocks {
  /** Paths that were removed. */
  readonly removed: readonly string[];
  /** Locks that are held, or may be, and were left alone. */
  readonly kept: readonly SessionLockStatus[];
}

/** Our own temporary files, which only a crash leaves behind. */
const litter = /\.[0-9a-f]{8}\.(?:tmp|gone|fence)$/;
const litterAgeMs = 60_000;

/** Removes what crashes left in a folder of sessions: locks of dead owners, unlocked lock files, temporary files. */
export function cleanSessionLocks(folder: string): CleanedSessionLocks {
  const removed: string[] = [];
  const kept: SessionLockStatus[] = [];
  for (const status of listSessionLocks(folder)) {
    if (removeLeftover(status)) removed.push(status.lockPath);
    else kept.push(status);
  }
  for (const entry of readdirSync(folder)) {
    const file = path.join(folder, entry);
    if (!litter.test(entry) || !isOld(file)) continue;
    rmSync(file, { recursive: true, force: true });
    removed.push(file);
  }
  return { removed, kept };
}

function removeLeftover(status: SessionLockStatus): boolean {
  if (status.state === "held") return false;
  if (status.engine === "kernel") return removeUnlockedFile(status.lockPath);
  if (status.engine === "lockfile") return removeDeadFolder(status.lockPath);
  if (status.engine === "foreign")
    return removeDeadFile(status.lockPath, readFileSync(status.lockPath, "utf8"));
  return false;
}

function removeUnlockedFile(lockPath: string): boolean {
  const locks = loadKernelLocks();
  if (locks === undefined) return false;
  return (
    withLockFile(lockPath, (file) => {
      if (
        !locks.tryLock(file.fd, main, both) ||
        !isAtPath(file, lockPath) ||
        readLockFile(file.fd).kind !== "ours"
      )
        return false;
      unlinkSync(lockPath);
      return true;
    }) === true
  );
}

function removeDeadFolder(lockPath: string): boolean {
  const end = chainEnd(lockPath);
  if (end === undefined) return false;
  const nonce = randomUUID();
  const epoch = advanceEpoch(0);
  const record = new RecordWriter(identity(), "lockfile").write(
    epoch,
    { purpose: "clean", where: undefined },
    nonce,
  );
  const published = publish(lockPath, end.successor, nonce, record);
  return published !== undefined && leaveFolder(lockPath, nonce, published);
}

function isOld(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > litterAgeMs;
}
