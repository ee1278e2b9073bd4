import type { Engine } from "./engine.ts";

/** A process that keeps taking the lock lets the others go first after this long, in ms. */
const turnMs = 1.5;
/** Turns of a process that met nobody grow up to this, since to find that out costs a call, in ms. */
const longestTurnMs = 20;
/** Who asks again within this time after a hold will do so again, in ms. */
const burstGapMs = 0.5;
/** A process that left the lock alone for this long has ended its turn, in ms. */
const gapMs = 1;

/**
 * One process's turn at a contended lock. Within a turn it may take the lock again at once, and its tasks may pass it
 * on among themselves; that is what makes bursts fast. After the turn it queues behind the other processes.
 */
export class Turn {
  #start = 0;
  #lengthMs = turnMs;
  #lastUse = 0;
  #isBurst = false;

  get lastUse(): number {
    return this.#lastUse;
  }

  /** Whether this process asked for the lock right after it had let it go, and therefore will soon do so again, within its turn. */
  goesOn(now: number): boolean {
    return this.#isBurst && !this.isOver(now);
  }

  /** The lock was taken with nobody in front. `again`: nobody else had it since we did. */
  taken(now: number, again: boolean): void {
    this.#isBurst = now - this.#lastUse < burstGapMs;
    if (!again) this.#lengthMs = turnMs;
    if (now - this.#lastUse > gapMs) this.#start = now;
    this.#lastUse = now;
  }

  /** The lock was taken after queueing for it since `since`. */
  begins(now: number, again: boolean, since: number): void {
    this.#isBurst = since - this.#lastUse < burstGapMs;
    this.#lengthMs = again ? Math.min(longestTurnMs, this.#lengthMs * 2) : turnMs;
    this.#start = now;
    this.#lastUse = now;
  }

  used(now: number): void {
    this.#lastUse = now;
  }

  /** Whether it has lasted so long, without a pause, that others should go first. */
  isOver(now: number): boolean {
    return now - this.#lastUse <= gapMs && now - this.#start > this.#lengthMs;
  }

  /** Whether it is other processes' turn now. The engine is asked when a turn has lasted long enough; if nobody waits, a new one begins. */
  isOthers(now: number, engine: Pick<Engine, "isWanted">): boolean {
    if (!this.isOver(now)) return false;
    const isWanted = engine.isWanted();
    if (isWanted) this.#isBurst = false;
    else this.begins(now, true, now);
    return isWanted;
  }
}
