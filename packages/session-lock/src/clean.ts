import { lstatSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { bytesToRemove, main } from "./engines/kernel.ts";
import { loadKernelLocks } from "./engines/kernel-locks.ts";
import { isAtPath, readLockFile, removeLockFile, withLockFile } from "./engines/lock-file.ts";
import { passOn, removeUnclaimed } from "./engines/leave-folder.ts";
import { removeDeadFile } from "./engines/lock-folder.ts";
import { isOrphan, removeBells } from "./engines/wait-table.ts";
import type { SessionLockStatus } from "./inspect.ts";
import { isOfTheDead } from "./liveness.ts";
import { lastEpochOf, owesFence } from "./record.ts";
import type { LockRecord } from "./record.ts";
import { entriesOf, listSessionLocks } from "./list.ts";

export interface CleanedSessionLocks {
  /** Paths that were removed. */
  readonly removed: readonly string[];
  /** Locks that are held, or may be, and entries that are no session locks: they were left alone. */
  readonly kept: readonly SessionLockStatus[];
  /** Paths that were to be removed but could not be, and why. */
  readonly failed: readonly { readonly path: string; readonly problem: string }[];
}

/** Temporary files of ours, and of those who write sessions with us, which only a crash leaves behind. What looks like a date is a user's. */
const litter = /\.(?!(?:19|20)\d{6})[0-9a-f]{8}\.(?:tmp|gone|fence)$/;
/** The only folders among them. */
const goneFolder = /\.lock\.[0-9a-f]{8}\.gone$/;
const litterAgeMs = 60_000;

/**
 * Removes what crashes left in a folder of sessions: locks of dead owners, unlocked lock files, temporary files. Throws
 * `IO` where the folder cannot be read.
 */
export function cleanSessionLocks(folder: string): CleanedSessionLocks {
  const removed: string[] = [];
  const kept: SessionLockStatus[] = [];
  const failed: { path: string; problem: string }[] = [];
  // What cannot be removed must not keep the rest from being removed.
  const attempt = (file: string, remove: () => boolean): boolean => {
    try {
      const isGone = remove();
      if (isGone) removed.push(file);
      return isGone;
    } catch (error) {
      failed.push({ path: file, problem: error instanceof Error ? error.message : String(error) });
      return true;
    }
  };
  for (const status of listSessionLocks(folder))
    if (!attempt(status.lockPath, () => removeLeftover(status))) kept.push(status);
  for (const file of entriesOf(folder).map((entry) => path.join(folder, entry)))
    attempt(file, () => (litter.test(file) || isOrphan(file)) && removeOld(file));
  return { removed, kept, failed };
}

function removeLeftover(status: SessionLockStatus): boolean {
  if (status.state === "held" || status.state === "unknown") return false;
  if (status.engine === "kernel") return removeUnlockedFile(status.lockPath);
  if (status.engine === "lockfile")
    return passOn(status.lockPath, status.sessionFile) || removeUnclaimed(status.lockPath);
  return status.engine === "foreign" && removeForeignFile(status.lockPath);
}

/**
 * Judged anew: the list may have taken long, and another owner may have come meanwhile. Under the kernel's lock, as whoever
 * takes over such a file with that engine does so in its place.
 */
function removeForeignFile(lockPath: string): boolean {
  const locks = loadKernelLocks();
  return (
    withLockFile(lockPath, (file) => {
      if (locks?.tryLock(file.fd, main, bytesToRemove) === false) return false;
      const record = readLockFile(file.fd);
      if (record.kind === "ours" || !isOfTheDead(record, file.changedAt)) return false;
      return removeDeadFile(lockPath, readFileSync(file.fd, "utf8"));
    }) === true
  );
}

function removeUnlockedFile(lockPath: string): boolean {
  const locks = loadKernelLocks();
  if (locks === undefined) return false;
  return (
    withLockFile(lockPath, (file) => {
      if (!locks.tryLock(file.fd, main, bytesToRemove) || !isAtPath(file, lockPath)) return false;
      const record = readLockFile(file.fd);
      if (!isRemovable(record)) return false;
      removeLockFile(lockPath, lastEpochOf(record));
      removeBells(file, lockPath, locks);
      return true;
    }) === true
  );
}

/** One that says that somebody is to be fenced off is kept for whoever takes it next. */
function isRemovable(record: LockRecord): boolean {
  return record.kind === "ours" && !owesFence(record);
}

function removeOld(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined || Date.now() - found.mtimeMs <= litterAgeMs) return false;
  if (found.isDirectory() && !goneFolder.test(file)) return false;
  rmSync(file, { recursive: true, force: true });
  return true;
}
