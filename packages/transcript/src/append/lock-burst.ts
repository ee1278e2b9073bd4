import { performance } from "node:perf_hooks";
import { tryAcquireSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import type { OwnersRight } from "./append.ts";

/** Shorter than the turn after which session-lock lets other processes go first, in ms. */
const BURST_MS = 0.8;
/** A pause that ends a burst, as it ends that turn, in ms. */
const GAP_MS = 1;
/** How long the look at the lock that taking it is counts for a write, in ms. */
const FRESH_MS = 1;

/**
 * Takes a free lock without waiting for anything, which is the quick way, and must not be the only one: it does not look
 * who else wants the lock. So after a burst of it the next owner is one who asked in the normal way.
 */
export class LockBurst {
  #start = 0;
  #last = 0;
  /** The owner in whose scope the last try was made; another try would meet the same. */
  #ambientEpoch: number | undefined;

  /** The lock, taken this instant. Undefined when it is not free, when it is somebody else's turn, or when the caller's scope owns it. */
  take(sessionFile: string): SessionWriteLock | undefined {
    const now = performance.now();
    if (now - this.#last > GAP_MS) this.#start = now;
    this.#last = now;
    if (now - this.#start > BURST_MS || this.#ambientEpoch !== undefined) return undefined;
    try {
      return tryAcquireSessionWriteLock({ sessionFile, allowReentrant: false });
    } catch {
      // Owned by this scope, or not to be had at all: the normal way re-enters, or says what is wrong.
      this.#ambientEpoch = -1;
      return undefined;
    }
  }

  /** The lock was taken in the normal way. */
  began({ epoch }: SessionWriteLock): void {
    this.#start = performance.now();
    this.#last = this.#start;
    if (this.#ambientEpoch === -1) this.#ambientEpoch = epoch;
    else if (epoch !== this.#ambientEpoch) this.#ambientEpoch = undefined;
  }
}

/** A nested hold of a lock that the caller has. Undefined where it is over, or another file's: the normal way says so. */
export function entered(within: SessionWriteLock, sessionFile: string): SessionWriteLock | undefined {
  try {
    return tryAcquireSessionWriteLock({ sessionFile, within });
  } catch {
    return undefined; // asked again in the normal way, it throws to the caller
  }
}

/**
 * The right of a lock that was taken this instant: taking it was a look whose it is, and a write within the next
 * millisecond needs no other. Whatever is asked later, or again, looks: before anything is acknowledged, that is.
 */
export function freshRight(lock: SessionWriteLock): OwnersRight {
  const { epoch } = lock;
  const takenAt = performance.now();
  let isFresh = true;
  return {
    epoch,
    assertHeld: () => {
      if (!isFresh || performance.now() - takenAt > FRESH_MS) lock.assertHeld();
      isFresh = false;
    },
  };
}
