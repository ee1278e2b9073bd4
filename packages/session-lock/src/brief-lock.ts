import { performance } from "node:perf_hooks";
import { isObserved, publish } from "./diagnostics.ts";
import { goneReason, lostError, releasedError } from "./errors.ts";
import type { LeaseHost } from "./lease.ts";
import type { EngineName } from "./options.ts";

/** The lock while one function runs, in whose hands it is: nothing else owns it, and nothing re-enters it. */
export interface BriefSessionWriteLock {
  /** As of a `SessionWriteLock`. */
  readonly epoch: number;
  /** To be asked right before a write; that it was taken within the last millisecond counts. Throws `LOST`, `RELEASED`, `IO`. */
  assertWritable(): void;
  /** To be asked after it, before anything is acknowledged: looks at the path of the lock file. Throws as above. */
  assertHeld(): void;
  /**
   * As `assertHeld`, for who found the session file at its path, in the folder of the lock file, since it has the lock: where the
   * path of that one was looked at since a millisecond before the lock was taken, this asks the open lock file, for half the price.
   */
  assertUnbroken(): void;
}

/** What it needs from the lock that it is on. */
interface BriefLockHost extends Pick<LeaseHost, "sessionFile" | "isOursOnDisk"> {
  readonly engine: EngineName;
}

/** How long it counts that the lock was taken, in ms. */
const freshMs = 1;

/**
 * The locks of one file that are held for as long as a function runs. No two are ever held at a time, so one object serves
 * for all of them: what a lease and its handles are made for takes longer than such a hold.
 */
export class BriefLock implements BriefSessionWriteLock {
  readonly #host: BriefLockHost;
  #state: "held" | "lost" | "released" = "released";
  #epoch = 0;
  /** Monotonic ms. */
  #since = 0;

  constructor(host: BriefLockHost) {
    this.#host = host;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isOver(): boolean {
    return this.#state === "released";
  }

  get isLost(): boolean {
    return this.#state === "lost";
  }

  begin(epoch: number, now: number): void {
    this.#state = "held";
    this.#epoch = epoch;
    this.#since = now;
    if (isObserved("acquire"))
      publish("acquire", () => ({ ...this.#facts(), engine: this.#host.engine, waitedMs: 0 }));
  }

  assertWritable(): void {
    if (this.#state !== "held" || performance.now() - this.#since > freshMs) this.assertHeld();
  }

  assertHeld(): void {
    this.#look();
  }

  assertUnbroken(): void {
    this.#look(this.#since);
  }

  tellRelease(now: number): void {
    if (this.#state === "lost") publish("lost", () => ({ ...this.#facts(), reason: goneReason }));
    this.#state = "released";
    if (isObserved("release")) publish("release", () => ({ ...this.#facts(), heldMs: now - this.#since }));
  }

  #look(now?: number): void {
    const { sessionFile } = this.#host;
    if (this.#state === "released") throw releasedError(sessionFile);
    if (this.#state === "held" && this.#host.isOursOnDisk(now)) return;
    this.#state = "lost";
    throw lostError(sessionFile, goneReason);
  }

  #facts() {
    return { sessionFile: this.#host.sessionFile, epoch: this.#epoch, purpose: undefined };
  }
}
