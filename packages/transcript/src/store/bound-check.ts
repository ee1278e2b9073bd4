import { performance } from "node:perf_hooks";
import { recordChanges } from "./record-file.ts";
import { assertBound } from "./session-binding.ts";
import type { BoundTranscript, SessionBinding } from "./session-binding.ts";

/** The record was read, or known to be as it was read, by the owner of that epoch. */
interface Look {
  readonly epoch: number;
  readonly changes: number;
  /** Monotonic ms. */
  readonly at: number;
}

/**
 * How long a look holds at most, in ms. A lock file is removed when nobody has used it for a second, and the epochs of a
 * new one begin at the clock, which may have been put back: within half of that they cannot have begun anew.
 */
const LOOK_MS = 500;

/**
 * `assertBound` for who appends again and again: the record is read only where somebody may have bound the key anew.
 *
 * Whoever does that holds the transcript's lock. Every owner of it has a greater epoch than all before, so nobody was
 * between the owner of `epoch` and that of `epoch + 1`; and what those two did themselves, this process did, which
 * counts its own changes. Call it while holding the lock, with the owner's epoch; without one the record is read.
 */
export function boundCheck(
  binding: SessionBinding,
  place: BoundTranscript,
  nowMs: () => number = () => performance.now(),
): (epoch?: number) => void {
  let last: Look | undefined;
  return (epoch) => {
    const now = epoch === undefined ? undefined : { epoch, changes: recordChanges(), at: nowMs() };
    const isKnown = now !== undefined && last !== undefined && isRightAfter(now, last);
    last = undefined;
    if (!isKnown) assertBound(binding, place);
    last = now;
  };
}

function isRightAfter(now: Look, last: Look): boolean {
  const isNext = now.epoch === last.epoch || now.epoch === last.epoch + 1;
  return isNext && now.changes === last.changes && now.at - last.at < LOOK_MS;
}
