import { randomUUID } from "node:crypto";
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
import { hasCode, SessionLockError } from "../errors.ts";
import { parseRecord, recordBytes } from "../record.ts";
import type { LockRecord } from "../record.ts";

/** An open lock file: its descriptor and the inode behind it. */
export interface LockFile {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
}

/**
 * Opens the lock file, creating it with `firstRecord` if there is none. It is created complete (written aside, then
 * linked), so that an empty or torn one is never ours and never mistaken for free.
 */
export function openLockFile(lockPath: string, firstRecord: Buffer): LockFile {
  for (;;) {
    const fd = openExisting(lockPath) ?? createNew(lockPath, firstRecord);
    if (fd !== undefined) return inspected(fd, lockPath);
    // Somebody else created it between our two calls: open theirs.
  }
}

/** Whether `lockPath` still leads to the file we have open. If not, a lock on it excludes nobody any more. */
export function isAtPath(file: LockFile, lockPath: string): boolean {
  const found = statSync(lockPath, orUndefined);
  if (found?.ino !== file.ino || found.dev !== file.dev) return false;
  if (found.ino <= Number.MAX_SAFE_INTEGER) return true;
  // Inode numbers past 2^53 (ReFS) lose their last digits in a double.
  const [exact, ours] = [
    statSync(lockPath, { bigint: true, throwIfNoEntry: false }),
    fstatSync(file.fd, { bigint: true }),
  ];
  return exact?.ino === ours.ino;
}

export function readLockFile(fd: number): LockRecord {
  const buffer = Buffer.alloc(4 * recordBytes);
  const length = readSync(fd, buffer, 0, buffer.length, 0);
  return parseRecord(buffer.toString("utf8", 0, length));
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

function createNew(lockPath: string, firstRecord: Buffer): number | undefined {
  const aside = `${lockPath}.${randomUUID().slice(0, 8)}.tmp`;
  const fd = openSync(aside, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600);
  try {
    writeSync(fd, firstRecord, 0, recordBytes, 0);
    linkSync(aside, lockPath);
    return fd;
  } catch (error) {
    closeSync(fd);
    if (hasCode(error, "EEXIST")) return undefined;
    throw error;
  } finally {
    unlinkSync(aside);
  }
}

function inspected(fd: number, lockPath: string): LockFile {
  const found = fstatSync(fd);
  if (!found.isFile()) {
    closeSync(fd);
    throw found.isDirectory() ? heldByLockfileEngine(lockPath) : notAFile(lockPath);
  }
  return { fd, dev: found.dev, ino: found.ino };
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
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;
