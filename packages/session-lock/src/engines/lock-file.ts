import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { BigIntStats, Stats } from "node:fs";
import path from "node:path";
import { outlast } from "../epochs.ts";
import { hasCode, SessionLockError } from "../errors.ts";
import { parseRecord } from "../record.ts";
import type { LockRecord } from "../record.ts";
import { giveToOwnerOf } from "../same-owner.ts";

/** An open lock file: its descriptor and the inode behind it. */
export interface LockFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  /** When it had been changed last as it was opened, in ms since 1970. */
  readonly changedAt: number;
}

/** No lock file is longer, ours or another tool's, in bytes. */
const longest = 4096;

/**
 * Opens the lock file, creating it with `content` if there is none. It is created complete (written aside, then
 * linked), so that an empty or torn one is never ours and never mistaken for free.
 */
export function openLockFile(lockPath: string, content: Buffer): LockFile {
  for (;;) {
    const fd = openExisting(lockPath) ?? createNew(lockPath, content);
    if (fd !== undefined) return inspected(fd, lockPath);
    // Somebody else created it between our two calls: open theirs.
  }
}

/** Whether `lockPath` still leads to the file we have open. If not, a lock on it excludes nobody any more. */
export function isAtPath(file: LockFile, lockPath: string): boolean {
  return foundAtPath(file, lockPath) !== undefined;
}

/** The open file as it is now; `undefined` when `lockPath` does not lead to it any more. */
export function foundAtPath(file: LockFile, lockPath: string): Stats | undefined {
  const found = statSync(lockPath, orUndefined);
  if (found?.ino !== file.ino || found.dev !== file.dev) return undefined;
  return found.ino <= Number.MAX_SAFE_INTEGER || isSameInode(file, lockPath) ? found : undefined;
}

/** Inode numbers past 2^53 (ReFS) lose their last digits in a double. */
function isSameInode(file: LockFile, lockPath: string): boolean {
  const exact = statSync(lockPath, { bigint: true, throwIfNoEntry: false });
  return exact?.ino === fstatSync(file.fd, { bigint: true }).ino;
}

/** Runs `use` on the lock file that is there now; `undefined` when there is none. Closing it drops every lock `use` took. */
export function withLockFile<T>(lockPath: string, use: (file: LockFile) => T): T | undefined {
  const fd = openExisting(lockPath);
  if (fd === undefined) return undefined;
  const file = inspected(fd, lockPath);
  try {
    return use(file);
  } finally {
    closeSync(fd);
  }
}

export function readLockFile(fd: number): LockRecord {
  const buffer = Buffer.alloc(longest);
  const length = readSync(fd, buffer, 0, longest, 0);
  return parseRecord(buffer.toString("utf8", 0, length));
}

/** Removes a lock file that its caller has locked. With it goes the last `epoch`, so the next owner has only the clock to go by. */
export function removeLockFile(lockPath: string, epoch: number): void {
  outlast(epoch);
  try {
    unlinkSync(lockPath);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error; // an operator removed it in this very moment: the goal is reached
  }
}

function openExisting(lockPath: string): number | undefined {
  try {
    return openSync(lockPath, constants.O_RDWR | noFollow | nonBlocking);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    if (hasCode(error, "EISDIR") || isDirectory(statSync(lockPath, { throwIfNoEntry: false })))
      throw heldByLockfileEngine(lockPath);
    if (hasCode(error, "ELOOP") || hasCode(error, "ENXIO")) throw notAFile(lockPath);
    throw error;
  }
}

function createNew(lockPath: string, content: Buffer): number | undefined {
  const aside = `${lockPath}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  const fd = openSync(aside, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600);
  try {
    giveToOwnerOf(path.dirname(lockPath), fd);
    // Not synced, though the name may reach the disk before it: what a power cut leaves of it is known by its age.
    writeSync(fd, content);
    linkSync(aside, lockPath);
    return fd;
  } catch (error) {
    closeSync(fd);
    if (hasCode(error, "EEXIST")) return undefined;
    if (lacksHardLinks(error)) return createInPlace(lockPath, content);
    throw error;
  } finally {
    unlinkSync(aside);
  }
}

/** On FAT and its like, where a crash between the two calls leaves an empty file that is held until `break` or a reboot. */
function createInPlace(lockPath: string, content: Buffer): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(lockPath, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600);
    writeSync(fd, content);
    return fd;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return undefined;
    if (fd !== undefined) {
      unlinkSync(lockPath); // a full disk
      closeSync(fd);
    }
    throw error;
  }
}

function lacksHardLinks(error: unknown): boolean {
  return ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].some((code) => hasCode(error, code));
}

function inspected(fd: number, lockPath: string): LockFile {
  const found = fstatSync(fd);
  if (!found.isFile()) {
    closeSync(fd);
    throw found.isDirectory() ? heldByLockfileEngine(lockPath) : notAFile(lockPath);
  }
  return { fd, dev: found.dev, ino: found.ino, changedAt: found.mtimeMs };
}

function isDirectory(found: Stats | BigIntStats | undefined): boolean {
  return found?.isDirectory() === true;
}

function heldByLockfileEngine(lockPath: string): SessionLockError {
  return new SessionLockError(
    "ENGINE_MISMATCH",
    `${lockPath} is a folder, so another process locks this file with the lockfile engine; use one engine everywhere (SESSION_LOCK_ENGINE), or remove a leftover with: session-lock clean`,
  );
}

function notAFile(lockPath: string): SessionLockError {
  return new SessionLockError(
    "INVALID_TARGET",
    `${lockPath} is not a regular file, so it cannot be a lock file`,
  );
}

const orUndefined = { throwIfNoEntry: false } as const;

/** Absent on Windows, where opening a link or a pipe this way is not possible either. */
const noFollow = process.platform === "win32" ? 0 : constants.O_NOFOLLOW;
const nonBlocking = process.platform === "win32" ? 0 : constants.O_NONBLOCK;
