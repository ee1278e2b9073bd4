import type { SessionLockHolder } from "./errors.ts";
import type { EngineName } from "./options.ts";
import type { Claim } from "./record.ts";

/** The outcome of one attempt to take the lock between processes. */
export type Taking =
  | { readonly kind: "busy" }
  | {
      readonly kind: "taken";
      readonly epoch: number;
      /** Nobody else had the lock since this process did. False where the engine cannot tell. */
      readonly again: boolean;
      /** Whose lock it was: nobody's, a dead owner's, or that of one who may still have been writing and is fenced off. */
      readonly from: "nobody" | "dead" | "suspect";
    };

/** A wait that ends when trying again is worthwhile, or when it is ended. */
export interface Parking {
  /** `undefined` where that is so at once: then the engine may have locked already, and is to be asked before anybody else gets to run. */
  readonly woken: Promise<void> | undefined;
  /** Stops waiting; `woken` resolves. */
  readonly end: () => void;
}

/**
 * One session file's lock between processes, as one process sees it. All calls are synchronous; only `park` waits.
 * A process never calls `take` while it holds.
 */
export interface Engine {
  readonly name: EngineName;
  /** `now`: monotonic ms. `staleMs`: as the option. Throws when an owner that may still be writing cannot be fenced off: then nobody has the lock. */
  take(claim: Claim, now: number, staleMs: number): Taking;
  /** Records the next owner of this process without letting go. `undefined` when the lock is not ours any more. */
  renew(claim: Claim): number | undefined;
  /**
   * Whether what is on disk still says that we hold. `now`, for who took the lock in this same call: what was seen of the path
   * in the millisecond before counts, as far as the open file says nothing else.
   */
  isOurs(now?: number): boolean;
  /** Whether other processes may be waiting for us to let go. */
  isWanted(): boolean;
  /**
   * Notes in our record, wherever it is by now, that its owner was not fenced off: should it come back to its path,
   * whoever takes it does that first.
   */
  disown(): void;
  /**
   * Lets go; does nothing where nothing is held. What throws may be tried again. `soonAgain`: this process will ask again in a moment, so it may
   * put off calling those who wait. `now`: monotonic ms.
   */
  drop(soonAgain: boolean, now: number): void;
  /** Called once when a hold has become long: brings what the disk says of its owner up to date. */
  settle(): void;
  /** Waits for a chance to take. `behind`: others who wait already go first. */
  park(behind: boolean): Parking;
  /** Called when nobody waits any more: gives back a place in a queue. */
  withdraw(): void;
  /** Who holds now, as far as can be read. */
  holder(): SessionLockHolder | undefined;
  /** Ends the process's interest in the file and removes the lock file if nobody holds it. */
  close(): void;
}

export interface EngineTarget {
  readonly sessionFile: string;
  readonly lockPath: string;
  /** Called when the engine itself finds that the lock was taken away. */
  readonly onLost: (reason: string) => void;
}
