import { processWide } from "./process-wide.ts";

const smallest = 10 ** 15;
/** Longer than it takes `Date.now()` to go on; a clock that was set back is not waited for. */
const clockTickMs = 2;

/** The greatest epoch that this process has handed out or set aside. */
const last = processWide("epochs", () => ({ epoch: 0 }));

/**
 * A fencing number greater than every one before: the stored one, those of this process, and the wall clock (µs).
 * `ahead`: so many more are set aside for the caller. Always 16 digits.
 */
export function advanceEpoch(stored: number, ahead = 0): number {
  const epoch = Math.max(smallest, stored + 1, last.epoch + 1, Date.now() * 1000);
  last.epoch = epoch + ahead;
  return epoch;
}

/** A fencing number for who follows the owner of `epoch` under the same lock; it keeps away from the clock (see `outlast`). */
export function epochAfter(epoch: number): number {
  last.epoch = Math.max(last.epoch, epoch + 1);
  return epoch + 1;
}

/**
 * Returns when the wall clock alone would give the next owner a greater epoch than this one: for the moment before the
 * record of it is removed. Blocks for a millisecond at most, and not at all after a hold that was longer than that.
 */
export function outlast(epoch: number): void {
  const began = performance.now();
  while (Date.now() * 1000 <= epoch && performance.now() - began < clockTickMs);
}
