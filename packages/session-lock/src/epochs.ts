import { processWide } from "./process-wide.ts";

const smallest = 10 ** 15;

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
