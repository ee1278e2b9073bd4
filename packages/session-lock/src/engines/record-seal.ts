import { fstatSync, futimesSync } from "node:fs";
import type { Stats } from "node:fs";

/** How far a stored time may be from the one that was asked for: what a double of milliseconds cannot tell, in ms. */
const preciseMs = 0.001;

/**
 * A mark on a lock file that every write takes away, so that one `stat` tells its owner that nobody wrote since.
 *
 * The time of the last change is set to a number that no other owner sets (epochs are unique, and microseconds since
 * 1970). A write sets it to the time of the status change, so that the two differ is the proof that it was set: however
 * coarse the clock is, no write is mistaken for a seal. Returns `undefined` where the file system keeps no such times,
 * or does not let us set them.
 */
export function sealFile(fd: number, epoch: number): number | undefined {
  const asked = epoch / 1_000;
  try {
    futimesSync(fd, asked / 1_000, asked / 1_000);
    const found = fstatSync(fd);
    const isKept = Math.abs(found.mtimeMs - asked) < preciseMs && found.mtimeMs !== found.ctimeMs;
    return isKept ? found.mtimeMs : undefined;
  } catch {
    return undefined; // another user's file: the record is read each time
  }
}

export function hasSeal(found: Stats, seal: number | undefined): boolean {
  return found.mtimeMs === seal && found.ctimeMs !== seal;
}
