import { fstatSync } from "node:fs";
import type { Stats } from "node:fs";
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
 * exchanged only the path tells, so the descriptor is not asked before anything is acknowledged, nor after a millisecond.
 */
export class PathLooks {
  #last: Look | undefined;

  /** The open file as it is now; `undefined` when `lockPath` does not lead to it any more. */
  look(file: LockFile, lockPath: string): Stats | undefined {
    const found = foundAtPath(file, lockPath);
    this.#last = found && { file, found, at: performance.now() };
    return found;
  }

  /** As `look`, for who is going to look at the path once more before it tells anybody that it wrote. */
  lookAgain(file: LockFile, lockPath: string): Stats | undefined {
    const last = this.#last;
    if (last?.file !== file || performance.now() - last.at > freshMs) return this.look(file, lockPath);
    const now = fstatSync(file.fd);
    const isSame = now.nlink === last.found.nlink && now.ctimeMs === last.found.ctimeMs;
    return isSame ? now : this.look(file, lockPath);
  }
}
