import { readFileSync } from "node:fs";
import { hasCode } from "../errors.ts";
import type { LockFile } from "./lock-file.ts";
import { deviceOf } from "./mount-table.ts";

/** One lock on some bytes of a lock file, as Linux lists it in `/proc/locks` (proc_locks(5)). */
export interface ListedLock {
  /** The file system, as `major:minor`: inode numbers are unique only within one. */
  readonly device: string;
  readonly ino: number;
  readonly start: number;
  /** The last of them. */
  readonly end: number;
  /** Listed below the lock it waits for. */
  readonly waiting: boolean;
}

/** Those on an open file, or `undefined` where there is no such list. `all`: as they were listed before. */
export function listLocksOn(
  file: LockFile,
  all: readonly ListedLock[] | undefined = listKernelLocks(),
): readonly ListedLock[] | undefined {
  const sameNumber = all?.filter(({ ino }) => ino === file.ino);
  if (sameNumber === undefined || sameNumber.length === 0) return sameNumber;
  const wanted = deviceOf(file);
  return sameNumber.filter(({ device }) => device === wanted);
}

/** All open-file-description locks of this kernel, or `undefined` where there is no such list. */
export function listKernelLocks(): readonly ListedLock[] | undefined {
  try {
    return parseLockTable(readFileSync("/proc/locks", "latin1"));
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EACCES")) return undefined;
    throw error;
  }
}

/** Lines look like `1: OFDLCK ADVISORY  WRITE -1 fd:00:2531452 1099511627776 1099511627777`, waiters with `->`. */
export function parseLockTable(text: string): readonly ListedLock[] {
  return text.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/).slice(1);
    const waiting = fields[0] === "->";
    const [type, , , , file, start, end] = waiting ? fields.slice(1) : fields;
    if (type !== "OFDLCK" || file === undefined) return [];
    const [major = "", minor = "", ino] = file.split(":");
    const device = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
    return [{ device, ino: Number(ino), start: Number(start), end: Number(end), waiting }];
  });
}
