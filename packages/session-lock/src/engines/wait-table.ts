import { closeSync, constants, openSync, readSync, statSync, unlinkSync, writeSync } from "node:fs";
import { recordBytes } from "../record.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { LockFile } from "./lock-file.ts";

/**
 * Who waits for a kernel lock: a table in the lock file, behind the record and within the same block of the disk, so that to wait
 * takes no new space. A process (or thread) that waits has a place in it, and keeps that by a kernel lock on the byte
 * `places + index`, which ends with it. Beside the lock file each place has a bell: an empty file that its owner watches, and
 * others touch when its turn has come.
 *
 * The table only says whom to wake, never whether the lock is free. A wrong or torn one makes somebody look in vain, or late.
 */
const tableAt = 2 * recordBytes;
const placeCount = 64;
/** Its ticket and its owner's pid, as doubles. */
const placeBytes = 16;
/** Far behind the lock itself, which is at 2^40. */
export const places = 2 ** 41;

/**
 * The name of a bell, beside the lock file: `<session file>.lock.<inode>-<index>.bell`. The inode is that of the lock file, so that nobody takes it
 * for one of another lock file that came to the same path.
 */
const bellName = /^(.*\.lock)\.([0-9a-z]+)-\d+\.bell$/s;

/** As much of a lock file as tells everything: the record, and behind it the table. The buffer is reused by the next call. */
const pageBytes = tableAt + placeCount * placeBytes;
const page = Buffer.alloc(pageBytes);
const table = new Float64Array(page.buffer, tableAt, 2 * placeCount);
let placesInUse = 0;

/** Not through a link, and without a wait for a pipe's other end. */
const openFlags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const write = Buffer.alloc(placeBytes);
const place = new Float64Array(write.buffer, 0, 2);

/** Somebody who waits. */
export interface Waiting {
  readonly index: number;
  /** When it came, in ms since the system's start. */
  readonly ticket: number;
  readonly pid: number;
}

/** Reads what stands in the lock file now. */
export function readPage(fd: number): Buffer {
  const length = readSync(fd, page, 0, pageBytes, 0);
  if (length < recordBytes) page.fill(0, length, recordBytes);
  placesInUse = Math.max(0, Math.floor((length - tableAt) / placeBytes));
  return page;
}

/**
 * Whoever came first according to the page that was read last, but for the place `own` and for those who are `late`: their tickets by their
 * places.
 */
export function firstWaiting(own: number, late: ReadonlyMap<number, number>): Waiting | undefined {
  let first = -1;
  let earliest = Infinity;
  for (let index = 0; index < placesInUse; index += 1) {
    const ticket = table[2 * index] ?? 0;
    if (ticket === 0 || ticket >= earliest || index === own) continue;
    if (late.size > 0 && late.get(index) === ticket) continue;
    first = index;
    earliest = ticket;
  }
  return first < 0 ? undefined : { index: first, ticket: earliest, pid: table[2 * first + 1] ?? 0 };
}

/** How many came before this ticket according to that page, but for those who are `late`. */
export function countBefore(own: number, late: ReadonlyMap<number, number>): number {
  let count = 0;
  for (let index = 0; index < placesInUse; index += 1) {
    const ticket = table[2 * index] ?? 0;
    if (ticket === 0 || ticket >= own) continue;
    if (late.size === 0 || late.get(index) !== ticket) count += 1;
  }
  return count;
}

/** All of them, in the order of their places, and those who died waiting. */
export function allWaiting(fd: number): readonly Waiting[] {
  readPage(fd);
  const waiting: Waiting[] = [];
  for (let index = 0; index < placesInUse; index += 1) {
    const ticket = table[2 * index] ?? 0;
    if (ticket !== 0) waiting.push({ index, ticket, pid: table[2 * index + 1] ?? 0 });
  }
  return waiting;
}

/** `ticket`: 0 for a place whose owner does not wait now. Returns false where that cannot be written, so that others call it in vain, or not at all. */
export function writePlace(fd: number, index: number, ticket: number): boolean {
  place[0] = ticket;
  place[1] = process.pid;
  try {
    return writeSync(fd, write, 0, placeBytes, tableAt + index * placeBytes) === placeBytes;
  } catch {
    return false; // a disk that fails
  }
}

/** Takes a place that nobody has, and makes its bell. `undefined` where there is none. */
export function takePlace(file: LockFile, lockPath: string, locks: KernelLocks): number | undefined {
  for (let index = 0; index < placeCount; index += 1) {
    if (!locks.tryLock(file.fd, places + index, 1)) continue;
    try {
      closeSync(openSync(bellOf(file, lockPath, index), openFlags | constants.O_CREAT, 0o600));
    } catch {
      // The folder takes no more files: who has no bell looks from time to time, and is waited for as the others are.
    }
    return index;
  }
  return undefined;
}

export function bellOf(file: LockFile, lockPath: string, index: number): string {
  return `${lockPath}.${file.ino.toString(36)}-${index}.bell`;
}

/** For who rings it. Throws where it is gone, or no plain file. */
export function openBell(file: LockFile, lockPath: string, index: number): number {
  return openSync(bellOf(file, lockPath, index), openFlags);
}

/** Frees the place of an owner that died waiting, and with it those of all who did, as many may die at once. Not the place `own`, whose lock is ours. */
export function freeIfDead(fd: number, index: number, own: number, locks: KernelLocks): void {
  if (!isFreed(fd, index, locks)) return;
  for (let other = 0; other < placesInUse; other += 1)
    if (other !== own && table[2 * other] !== 0 && isFreed(fd, other, locks)) table[2 * other] = 0;
}

function isFreed(fd: number, index: number, locks: KernelLocks): boolean {
  if (!locks.tryLock(fd, places + index, 1)) return false;
  writePlace(fd, index, 0);
  locks.unlock(fd, places + index, 1);
  return true;
}

/**
 * For who has removed the lock file, and still has it locked: removes the bells of all places that have no owner now. Owners
 * remove their own.
 */
export function removeBells(file: LockFile, lockPath: string, locks: KernelLocks): void {
  readPage(file.fd);
  for (let index = 0; index < placesInUse; index += 1)
    if (table[2 * index + 1] !== 0 && locks.tryLock(file.fd, places + index, 1))
      removeBell(bellOf(file, lockPath, index));
}

/** For who has given its place up, by closing the lock file: removes the bell unless that file is still at its path, where others know the bell. */
export function removeOrphan(file: LockFile, lockPath: string, index: number): void {
  const bell = bellOf(file, lockPath, index);
  if (isOrphan(bell)) removeBell(bell);
}

/** Whether a file is a bell whose lock file is gone. */
export function isOrphan(file: string): boolean {
  const [, lockPath, ino] = bellName.exec(file) ?? [];
  return lockPath !== undefined && statSync(lockPath, orUndefined)?.ino.toString(36) !== ino;
}

function removeBell(bell: string): void {
  try {
    unlinkSync(bell);
  } catch {
    // gone, or in a folder that cannot be changed any more: an empty file that keeps nobody out
  }
}

const orUndefined = { throwIfNoEntry: false } as const;
