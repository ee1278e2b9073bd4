import {
  acquireSessionWriteLock,
  tryAcquireSessionWriteLock,
  type AcquireSessionWriteLockOptions,
  type SessionWriteLock,
} from "session-lock";
import type { LaneAsk, LaneAsks } from "./lane-asks.ts";

/** How often a holder looks whether somebody asked something of it, or took its lane away. */
const LOOK_MS = 250;

/**
 * The right to run a session, among all gateways on its state folder.
 *
 * States: **held** → **released** (the run is over) or **lost** (taken away by force). Whoever holds it may write rows of
 * a run; one that lost it may not, whatever it believes: see `writeRows`.
 */
export class LaneLease {
  readonly #lock: SessionWriteLock;
  readonly #asks: LaneAsks;
  readonly #timer: NodeJS.Timeout;
  #onAsk: ((ask: LaneAsk) => void) | undefined;
  #asksRead = 0;

  private constructor(lock: SessionWriteLock, asks: LaneAsks) {
    this.#lock = lock;
    this.#asks = asks;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** The lease, if nobody has it. */
  static tryTake(options: AcquireSessionWriteLockOptions, asks: LaneAsks): LaneLease | undefined {
    const lock = tryAcquireSessionWriteLock(options);
    return lock === undefined ? undefined : new LaneLease(lock, asks);
  }

  /** Waits for the lease, behind those who wait already. */
  static async take(options: AcquireSessionWriteLockOptions, asks: LaneAsks): Promise<LaneLease> {
    return new LaneLease(await acquireSessionWriteLock(options), asks);
  }

  /** Greater than that of every holder before. */
  get epoch(): number {
    return this.#lock.epoch;
  }

  /** Aborts when the lane was taken away; noticed within a moment. */
  get signal(): AbortSignal {
    return this.#lock.signal;
  }

  /** Whether the lane is still ours, on disk. */
  get held(): boolean {
    try {
      this.#lock.assertHeld();
      return true;
    } catch {
      return false; // lost or released: either way it is not ours
    }
  }

  /** Throws a `SessionLockError`, code `LOST`, when the lane was taken away. */
  assertHeld(): void {
    this.#lock.assertHeld();
  }

  /** Whether another gateway has asked for the lane. */
  get isWanted(): boolean {
    return this.#asks.read(this.epoch).some(({ kind }) => kind === "hand-over");
  }

  /** From now on, calls `listener` with each ask once. */
  follow(listener: (ask: LaneAsk) => void): void {
    this.#onAsk = listener;
  }

  /** Lets the next one in. Idempotent. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    try {
      if (this.held) await this.#asks.clear();
    } finally {
      await this.#lock.release();
    }
  }

  #look(): void {
    if (!this.held) return; // its signal has told
    const asks = this.#asks.read(this.epoch);
    for (const ask of asks.slice(this.#asksRead)) this.#onAsk?.(ask);
    this.#asksRead = asks.length;
  }
}
