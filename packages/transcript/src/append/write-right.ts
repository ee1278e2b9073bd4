import { performance } from "node:perf_hooks";
import type { SessionWriteLock } from "session-lock";

/** The right to write a session file. Both questions throw when it is gone. */
export interface WriteRight {
  /** Of the lock's owner, whom it tells from all others; absent where there is no lock. */
  readonly epoch?: number;
  /** Asked right before a write; what a look showed within the last millisecond counts. */
  assertWritable(): void;
  /** Looks whose the lock is, always: asked before anything is acknowledged. */
  assertHeld(): void;
}

/** The right of one owner of the write lock. */
export interface OwnersRight extends WriteRight {
  readonly epoch: number;
  /** As `assertHeld`, where the session file was found at its path under this lock: see `BriefSessionWriteLock`. */
  assertUnbroken(): void;
}

/** What of a lock tells whether one may write. */
type Lock = Pick<SessionWriteLock, "epoch" | "held" | "assertHeld">;

/** How long a look at the lock counts for a write, in ms. */
const FRESH_MS = 1;

/** What one writer of a session saw of its lock, and when: the look that ends one append is the one the next begins with. */
export class LockLooks {
  #epoch: number | undefined;
  /** Monotonic ms. */
  #at = 0;

  /** The right that a lock gives. */
  rightOf(lock: Lock): OwnersRight {
    return new LockRight(this, lock);
  }

  /** As `rightOf`, for a lock that was taken this instant: that was a look. */
  rightTaken(lock: Lock): OwnersRight {
    this.saw(lock.epoch);
    return new LockRight(this, lock);
  }

  saw(epoch: number): void {
    this.#epoch = epoch;
    this.#at = performance.now();
  }

  isFresh(epoch: number): boolean {
    return epoch === this.#epoch && performance.now() - this.#at <= FRESH_MS;
  }
}

class LockRight implements OwnersRight {
  readonly epoch: number;
  readonly #looks: LockLooks;
  readonly #lock: Lock;

  constructor(looks: LockLooks, lock: Lock) {
    this.epoch = lock.epoch;
    this.#looks = looks;
    this.#lock = lock;
  }

  assertWritable(): void {
    if (!this.#lock.held || !this.#looks.isFresh(this.epoch)) this.assertHeld();
  }

  assertHeld(): void {
    this.#lock.assertHeld();
    this.#looks.saw(this.epoch);
  }

  assertUnbroken(): void {
    this.assertHeld();
  }
}
