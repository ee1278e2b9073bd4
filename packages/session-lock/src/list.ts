import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import { listKernelLocks } from "./engines/kernel-table.ts";
import type { ListedLock } from "./engines/kernel-table.ts";
import { SessionLockError } from "./errors.ts";
import { inspectCanonical } from "./inspect.ts";
import type { SessionLockStatus } from "./inspect.ts";
import { lockPathOf, sessionFileOf } from "./target.ts";

/**
 * The status of every `.lock` entry in a folder, ordered by name. One that is no session lock, or that cannot
 * be looked at, is listed as `unknown` with its `problem`, and does not hide the others. Throws `IO` where the folder
 * cannot be read.
 */
export function listSessionLocks(folder: string): readonly SessionLockStatus[] {
  const entries = entriesOf(folder).filter((entry) => entry.endsWith(".lock"));
  // Once for all of them: to list it for each took seconds where thousands are held.
  const locks = entries.length > 1 ? listKernelLocks() : undefined;
  return entries.sort().map((entry) => listedStatus(sessionFileOf(path.join(folder, entry)), locks));
}

/** Names in a folder of sessions. Throws `IO`. */
export function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new SessionLockError("IO", `cannot list ${folder}: ${String(error)}`, { cause: error });
  }
}

/** The status of one entry of such a list; never throws. */
export function listedStatus(sessionFile: string, locks?: readonly ListedLock[]): SessionLockStatus {
  try {
    const status = inspectCanonical(sessionFile, locks);
    return isStray(status) ? unknown(sessionFile, strayFile) : status;
  } catch (error) {
    return unknown(sessionFile, error instanceof Error ? error.message : String(error));
  }
}

const strayFile = "it holds no lock record, and there is no session file beside it";

/** A `yarn.lock`, say. Beside a session file it would count as held, since nobody can take that lock. */
function isStray({ state, engine, holder, lockPath, sessionFile }: SessionLockStatus): boolean {
  if (state !== "held" || engine !== "foreign" || holder !== undefined) return false;
  if (lstatSync(sessionFile, { throwIfNoEntry: false }) !== undefined) return false;
  // A folder may be plain proper-lockfile's, whose sessions need not exist.
  return lstatSync(lockPath, { throwIfNoEntry: false })?.isFile() === true;
}

function unknown(sessionFile: string, problem: string): SessionLockStatus {
  return {
    sessionFile,
    lockPath: lockPathOf(sessionFile),
    state: "unknown",
    engine: undefined,
    holder: undefined,
    heldMs: undefined,
    sameProcess: false,
    isLocal: false,
    waiting: undefined,
    problem,
  };
}
