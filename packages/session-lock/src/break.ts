import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { publish as publishEvent } from "./diagnostics.ts";
import { chainEnd, isOwner, publishNew } from "./engines/claim-chain.ts";
import { main } from "./engines/kernel.ts";
import { loadKernelLocks } from "./engines/kernel-locks.ts";
import type { KernelLocks } from "./engines/kernel-locks.ts";
import { isAtPath, readLockFile, removeLockFile, withLockFile } from "./engines/lock-file.ts";
import { leaveFolder } from "./engines/leave-folder.ts";
import { lockFileWith } from "./engines/wait-table.ts";
import { advanceEpoch } from "./epochs.ts";
import { asLockError } from "./errors.ts";
import { fence } from "./fence.ts";
import { knownFileLock } from "./file-locks.ts";
import { inspectSessionLock } from "./inspect.ts";
import type { SessionLockStatus } from "./inspect.ts";
import { livenessOf } from "./liveness.ts";
import { identity } from "./owner.ts";
import { RecordWriter } from "./record.ts";
import type { Claim, LockRecord, Owner } from "./record.ts";
import { giveToOwnerOf } from "./same-owner.ts";

export interface BreakSessionLockOptions {
  /** Why: in the error of an owner of this process, and for all others the purpose of the lock until the break is done. */
  readonly reason: string;
  /** Break it even though its holder is known to run on this machine. Default: `false`. */
  readonly force?: boolean;
}

export interface BrokenSessionLock {
  /**
   * - `free`: nobody held it; nothing was done.
   * - `refused`: a live process of this machine holds it and `force` was not given, it cannot be broken here, or that is
   *   under way: the caller was told so by the lock's `signal` or its `lost` event.
   * - `broken`: the owner is out, and the session file has a new inode that its old descriptors do not reach.
   */
  readonly outcome: "free" | "refused" | "broken";
  /** What was found before. */
  readonly status: SessionLockStatus;
}

/** One more byte of a lock file: whoever holds it may replace the file. The stuck owner never does. */
const replacing = main + 2;

/**
 * Takes a session's lock away from its holder and fences that holder off. For operators: code that waits for a lock
 * never needs it. Throws `IO` where the holder could not be fenced off (a full disk): nobody gets the lock then until
 * it is, which this process, or whoever takes the lock next, sees to.
 */
export function breakSessionLock(sessionFile: string, options: BreakSessionLockOptions): BrokenSessionLock {
  const { reason, force = false } = options;
  if (!isReason(reason)) throw new TypeError("reason must be a text that says why the lock is broken");
  const status = inspectSessionLock(sessionFile);
  if (status.state === "free") return { outcome: "free", status };
  if (status.isLocal && !force) return { outcome: "refused", status };
  try {
    return { outcome: oust(status, reason, force) ? "broken" : "refused", status };
  } catch (error) {
    throw asLockError(error, "break the lock", status.sessionFile);
  }
}

/** Callers without types pass what they like. */
function isReason(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function oust(status: SessionLockStatus, reason: string, force: boolean): boolean {
  const { sessionFile } = status;
  if (status.sameProcess) return knownFileLock(sessionFile)?.breakLease(`it was broken: ${reason}`) === true;
  const epoch = advanceEpoch(status.holder?.epoch ?? 0);
  const spared = force ? nobody : isAlive;
  const done = isFolder(status)
    ? oustFromFolder(status, epoch, reason, spared)
    : oustFromFile(status, epoch, reason, spared);
  if (done) publishEvent("takeover", () => ({ sessionFile, from: "suspect", epoch }));
  return done;
}

function isFolder(status: SessionLockStatus): boolean {
  return lstatSync(status.lockPath, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Whom a break is to leave alone: who came since its caller looked may be another owner. */
type Spared = (record: LockRecord) => boolean;

const nobody: Spared = () => false;
const isAlive: Spared = (record) =>
  record.kind === "ours" && livenessOf(record.owner, identity()) === "alive";

/** Becomes the owner's successor, as any takeover does, and then leaves. */
function oustFromFolder(status: SessionLockStatus, epoch: number, reason: string, spared: Spared): boolean {
  const { lockPath, sessionFile } = status;
  const end = chainEnd(lockPath);
  if (end === undefined || (end.record !== undefined && spared(end.record))) return false;
  const nonce = crypto.randomUUID();
  const record = (due: Owner["fence"]) =>
    new RecordWriter(identity(), "lockfile").write(epoch, claimFor(reason, due), nonce);
  const published = publishNew(lockPath, end, nonce, record("due"));
  if (published === undefined) return false;
  try {
    fence(sessionFile, () => isOwner(lockPath, published));
    return leaveFolder(lockPath, published, epoch);
  } catch (error) {
    published.write(record("left")); // whoever takes the lock next does it
    throw error;
  } finally {
    published.close();
  }
}

/** Puts a new lock file, locked by us, in the place of the owner's; its lock on the old one then excludes nobody. */
function oustFromFile(status: SessionLockStatus, epoch: number, reason: string, spared: Spared): boolean {
  const locks = loadKernelLocks();
  if (locks === undefined) return false;
  const { lockPath, sessionFile } = status;
  const replaced = withLockFile(lockPath, (old) => {
    // Two operators at once: the second finds that the file at the path is not the one it looked at any more.
    if (!locks.tryLock(old.fd, replacing, 1) || !isAtPath(old, lockPath)) return undefined;
    const record = readLockFile(old.fd);
    if (record.kind === "ours" && locks.tryLock(old.fd, main, 1)) return undefined; // let go meanwhile
    if (spared(record)) return undefined;
    return replaceFile(
      lockPath,
      locks,
      lockFileWith(new RecordWriter(identity(), "kernel").write(epoch, claimFor(reason, "due"), "kernel")),
    );
  });
  if (replaced === undefined) return false;
  try {
    // Another operator's file is in its place, with a fence of its own, once ours has no name any more.
    if (fence(sessionFile, () => fstatSync(replaced).nlink > 0)) removeLockFile(lockPath, epoch);
    return true;
  } finally {
    // Where it failed, the record says so, and whoever takes the lock next does it.
    closeSync(replaced);
  }
}

function replaceFile(lockPath: string, locks: KernelLocks, content: Buffer): number {
  const aside = `${lockPath}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  const fd = openSync(aside, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    locks.tryLock(fd, main, 1);
    giveToOwnerOf(lockPath, fd);
    writeSync(fd, content);
    fsyncSync(fd); // before its name: after a power cut an empty file would count as held
    renameSync(aside, lockPath);
    return fd;
  } catch (error) {
    closeSync(fd);
    unlinkSync(aside);
    throw error;
  }
}

function claimFor(reason: string, due: Owner["fence"]): Claim {
  return { purpose: `break: ${reason}`, where: undefined, ...(due && { fence: due }) };
}
