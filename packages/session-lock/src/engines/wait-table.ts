import { closeSync, constants, openSync, readSync, statSync, unlinkSync, writeSync } from "node:fs";
import { recordBytes } from "../record.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import type { LockFile } from "./lock-file.ts";
import { decode, encode } from "./ticket.ts";
import type { Ticket } from "./ticket.ts";

/**
 * Who waits for a kernel lock: a table in the lock file, behind the record and within the same block of the disk, so that to wait
 * takes no new space. A process (or thread) that waits has a place in it, and keeps that by a kernel lock on the byte
 * `places + index`, which ends with it. Beside the lock file each place has a bell: an empty file that its owner watches, and
 * others touch when its turn has come.
 *
 * The table only says whom to wake, never whether the lock is free. A wrong or torn one makes somebody look in vain, or late.
 *
 * It is the text of the JSON string that a record ends with, and changes place by place, always to other text of the same length: so the
 * lock file is one JSON object whenever it is read, as older releases of OpenClaw have to find it (they remove what they cannot read).
 */
const tableAt = recordBytes;
const ownPlaces = 64;
/**
 * The last place and its bell belong to all who found none of their own: each of them puts its ticket there if none stands there. Nobody locks it,
 * so a ticket that does not come is taken away as if its owner were dead, and another one is put there.
 */
export const crowd = ownPlaces;
const placeCount = ownPlaces + 1;
/** Its ticket, and its owner's pid written alike. */
const placeBytes = 16;
const tableBytes = placeCount * placeBytes;
/** Far behind the lock itself, which is at 2^40. */
export const places = 2 ** 41;

/**
 * The name of a bell, beside the lock file: `<session file>.lock.<inode>-<index>.bell`. The inode is that of the lock file, so that nobody takes it
 * for one of another lock file that came to the same path.
 */
const bellName = /^(.*\.lock)\.([0-9a-z]+)-\d+\.bell$/s;

/** Nobody waits; it ends the string and the object that a record begins. */
const blankTable = `${" ".repeat(tableBytes)}"}\n`;
/** A lock file's length in bytes. */
export const lockFileBytes = tableAt + blankTable.length;

/** As much of a lock file as tells everything: the record, and behind it the table. The buffer is reused by the next call. */
const pageBytes = tableAt + tableBytes;
const page = Buffer.alloc(pageBytes);
const table = new Float64Array(page.buffer, tableAt, 2 * placeCount);
page.fill(" ");
/** What stands where nobody waits is less than any ticket: blanks, as a double. */
const blank = table[0] ?? 0;

/** Not through a link, and without a wait for a pipe's other end. */
const openFlags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const write = Buffer.alloc(placeBytes);
const place = new Float64Array(write.buffer, 0, 2);
const ownPid = encode(process.pid);

/** Somebody who waits. */
export interface Waiting {
  readonly index: number;
  readonly ticket: Ticket;
}

/** Complete content for a lock file with this record, in whose line nobody stands. */
export function lockFileWith(record: Buffer): Buffer {
  return Buffer.concat([record, Buffer.from(blankTable)]);
}

/** Reads what stands in the lock file now. */
export function readPage(fd: number): Buffer {
  const length = readSync(fd, page, 0, pageBytes, 0);
  if (length < pageBytes) page.fill(0, length, pageBytes);
  return page;
}

/**
 * Whoever came first according to the page that was read last, but for the place `own` and for those who are `late`: their tickets by their
 * places.
 */
export function firstWaiting(own: number, late: ReadonlyMap<number, number>): Waiting | undefined {
  let first = -1;
  let earliest = Infinity;
  for (let index = 0; index < placeCount; index += 1) {
    const ticket = table[2 * index] ?? 0;
    if (ticket <= blank || ticket >= earliest || index === own) continue;
    if (late.size > 0 && late.get(index) === ticket) continue;
    first = index;
    earliest = ticket;
  }
  return first < 0 ? undefined : { index: first, ticket: earliest };
}

/** How many came before this ticket according to that page, but for those who are `late`. */
export function countBefore(own: Ticket, late: ReadonlyMap<number, number>): number {
  let count = 0;
  for (let index = 0; index < placeCount; index += 1) {
    const ticket = table[2 * index] ?? 0;
    if (ticket <= blank || ticket >= own) continue;
    if (late.size === 0 || late.get(index) !== ticket) count += 1;
  }
  return count;
}

/** All of them, in the order of their places, and those who died waiting. */
export function allWaiting(fd: number): readonly (Waiting & { readonly pid: number })[] {
  readPage(fd);
  const waiting: (Waiting & { readonly pid: number })[] = [];
  for (let index = 0; index < placeCount; index += 1) {
    const ticket = table[2 * index] ?? 0;
    if (ticket > blank) waiting.push({ index, ticket, pid: decode(table[2 * index + 1] ?? 0) });
  }
  return waiting;
}

/** `ticket`: 0 for a place whose owner does not wait now. Returns false where that cannot be written, so that others call it in vain, or not at all. */
export function writePlace(fd: number, index: number, ticket: Ticket): boolean {
  place[0] = ticket || blank;
  place[1] = ownPid;
  try {
    return writeSync(fd, write, 0, placeBytes, tableAt + index * placeBytes) === placeBytes;
  } catch {
    return false; // a disk that fails
  }
}

/** As `writePlace`, into the place of the crowd, unless somebody else's ticket stands there. */
export function writeCrowd(fd: number, ticket: Ticket): boolean {
  try {
    readPage(fd);
    return (table[2 * crowd] ?? 0) > blank || writePlace(fd, crowd, ticket);
  } catch {
    return false; // a disk that fails
  }
}

/** Takes a place that nobody has, or is one of the crowd where there is none, and makes its bell. */
export function takePlace(file: LockFile, lockPath: string, locks: KernelLocks): number {
  let index = 0;
  while (index < ownPlaces && !locks.tryLock(file.fd, places + index, 1)) index += 1;
  try {
    closeSync(openSync(bellOf(file, lockPath, index), openFlags | constants.O_CREAT, 0o600));
  } catch {
    // The folder takes no more files: who has no bell looks from time to time, and is waited for as the others are.
  }
  return index;
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
  for (let other = 0; other < placeCount; other += 1)
    if (other !== own && (table[2 * other] ?? 0) > blank && isFreed(fd, other, locks)) table[2 * other] = 0;
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
  for (let index = 0; index < placeCount; index += 1)
    if ((table[2 * index + 1] ?? 0) > blank && locks.tryLock(file.fd, places + index, 1))
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
