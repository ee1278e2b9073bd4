import { fstatSync } from "node:fs";
import type { Stats } from "node:fs";
import { performance } from "node:perf_hooks";
import { foundAtPath } from "./lock-file.ts";
import type { LockFile } from "./lock-file.ts";

/** How long a look at the path counts for the next one, in ms. */
const freshMs = 1;

/** One that found the file. */
interface Look {
  readonly file: LockFile;
  readonly found: Stats;
  /** Monotonic ms. */
  readonly at: number;
}

/**
 * Looks whether the path of a lock file still leads to the file that is open.
 *
 * Right after a look at the path, the descriptor tells the same for half the price: while the inode has as many names as it
 * had then, and its status was not changed, it was neither replaced nor removed nor written. That a folder above it was
 * exchanged only the path tells, so the descriptor is asked for a millisecond at most, and only by who takes the lock, or lets go
 * of it in the same call.
 */
export class PathLooks {
  #last: Look | undefined;

  /**
   * The open file as it is now; `undefined` when `lockPath` does not lead to it any more. With `now`, in monotonic ms, a look at the
   * path in the millisecond before counts for what the descriptor cannot tell.
   */
  look(file: LockFile, lockPath: string, now?: number): Stats | undefined {
    const last = this.#last;
    if (now !== undefined && last?.file === file && now - last.at <= freshMs) {
      const found = fstatSync(file.fd);
      if (found.nlink === last.found.nlink && found.ctimeMs === last.found.ctimeMs) return found;
    }
    const found = foundAtPath(file, lockPath);
    this.#last = found && { file, found, at: now ?? performance.now() };
    return found;
  }
}
