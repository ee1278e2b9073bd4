import { tryAcquireSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";

/** Takes a free lock without waiting for anything, as long as it is this process's turn. */
export class QuickLock {
  /** The owner in whose scope the last try was made; another try would meet the same. */
  #ambientEpoch: number | undefined;

  /** The lock, taken this instant. Undefined when it is not free, when it is somebody else's turn, or when the caller's scope owns it. */
  take(sessionFile: string): SessionWriteLock | undefined {
    if (this.#ambientEpoch !== undefined) return undefined;
    try {
      return tryAcquireSessionWriteLock({ sessionFile, allowReentrant: false, inTurn: true });
    } catch {
      // Owned by this scope, or not to be had at all: the normal way re-enters, or says what is wrong.
      this.#ambientEpoch = -1;
      return undefined;
    }
  }

  /** The lock was taken in the normal way. */
  began({ epoch }: SessionWriteLock): void {
    if (this.#ambientEpoch === -1) this.#ambientEpoch = epoch;
    else if (epoch !== this.#ambientEpoch) this.#ambientEpoch = undefined;
  }
}
