import { setTimeout } from "node:timers/promises";

/** How long is tried what cannot wait any longer, in milliseconds. */
const RETRY_FOR_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** What no repetition mends. */
const FINAL_CODES: readonly unknown[] = [
  "INVALID_MESSAGE",
  "INVALID_KEY",
  "SESSION_MISMATCH",
  "UNBOUND",
  "CLOSED",
];

/** How long and for what to try. */
export interface RetryTerms {
  /** Whether another try has a point. Default: it always has. */
  readonly mayGoOn?: () => boolean;
  /** It is tried until this aborts, and half a minute more. Default: half a minute. */
  readonly until?: AbortSignal;
  /** Told of the first failure that is followed by another try. */
  readonly troubled?: (error: unknown) => void;
}

/**
 * Tries until it works: a full disk or a lock that somebody holds for long will be over some day. Throws the last failure
 * when the time is up, and at once one that no repetition mends, or that comes when `mayGoOn` says no.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  { mayGoOn = () => true, until = AbortSignal.abort(), troubled }: RetryTerms = {},
): Promise<T> {
  let deadline = Infinity;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (until.aborted) deadline = Math.min(deadline, performance.now() + RETRY_FOR_MS);
      if (isBeyondRepetition(error) || !mayGoOn() || performance.now() + pauseMs > deadline) throw error;
      if (pauseMs === FIRST_PAUSE_MS) troubled?.(error);
      await setTimeout(pauseMs);
    }
  }
}

/** Whether no repetition mends it. */
export function isBeyondRepetition(error: unknown): boolean {
  return error instanceof Error && "code" in error && FINAL_CODES.includes(error.code);
}
