import { closeSync, openSync, readdirSync, statSync, unlinkSync } from "node:fs";
import path from "node:path";
import { hasCode } from "../errors.ts";

const prefix = "waits-";

/**
 * Leaves a mark in the lock folder that this process waits, so that the holder lets go after its turn and the
 * inspector can name the waiters. It goes away with the wait or with the folder, and is never proof of anything.
 */
export function announceWait(lockPath: string): void {
  try {
    // A folder without an owner record may be plain proper-lockfile's, which can only remove an empty one.
    if (statSync(path.join(lockPath, "after-root"), { throwIfNoEntry: false }) === undefined) return;
    closeSync(openSync(path.join(lockPath, `${prefix}${process.pid}`), "wx", 0o600));
  } catch (error) {
    if (!isHarmless(error)) throw error;
  }
}

/** Takes this process's mark away: nobody here waits any more. */
export function withdrawWait(lockPath: string): void {
  try {
    unlinkSync(path.join(lockPath, `${prefix}${process.pid}`));
  } catch (error) {
    if (!isHarmless(error)) throw error;
  }
}

/** Process ids that have left a mark, without our own. */
export function waitersAt(lockPath: string): readonly number[] {
  try {
    return readdirSync(lockPath)
      .filter((entry) => entry.startsWith(prefix))
      .map((entry) => Number(entry.slice(prefix.length)))
      .filter((pid) => pid !== process.pid);
  } catch (error) {
    if (isHarmless(error)) return [];
    throw error;
  }
}

/** The folder is gone, is another tool's file, or has our mark already. */
function isHarmless(error: unknown): boolean {
  return hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR") || hasCode(error, "EEXIST");
}
