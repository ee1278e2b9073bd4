import { processWide } from "./process-wide.ts";

const smallest = 10 ** 15;
/** Longer than it takes `Date.now()` to go on; a clock that was set back is not waited for. */
const clockTickMs = 2;

/** Epochs are not set aside farther ahead of the clock than this, in ms: `outlast` waits for that. */
const aheadMs = 1;

/** The greatest epoch that this process has handed out or set aside. */
const last = processWide("epochs", () => ({ epoch: 0 }));

/** A fencing number greater than every one before: the stored one, those of this process, and the wall clock (µs). Always 16 digits. */
export function advanceEpoch(stored: number): number {
  last.epoch = Math.max(smallest, stored + 1, last.epoch + 1, Date.now() * 1000);
  return last.epoch;
}

/**
 * Sets aside up to `count` epochs behind one that was given out just now, and returns the greatest: that one itself where so
 * many were set aside lately that they are ahead of the clock.
 */
export function setAside(epoch: number, count: number): number {
  const greatest = epoch + count;
  if (greatest >= (Date.now() + aheadMs) * 1000) return epoch;
  last.epoch = greatest;
  return greatest;
}

/** A fencing number for who follows the owner of `epoch` under the same lock; it keeps away from the clock (see `outlast`). */
export function epochAfter(epoch: number): number {
  last.epoch = Math.max(last.epoch, epoch + 1);
  return epoch + 1;
}

/**
 * Returns when the wall clock alone would give the next owner a greater epoch than this one: for the moment before the
 * record of it is removed. Blocks for a millisecond at most, and not at all where that epoch is older than that.
 */
export function outlast(epoch: number): void {
  const began = performance.now();
  while (Date.now() * 1000 <= epoch && performance.now() - began < clockTickMs);
}
