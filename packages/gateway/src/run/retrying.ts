import { setTimeout } from "node:timers/promises";

/** How long an outcome that the disk refuses is tried again, in milliseconds. */
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

/**
 * Tries until it works, for half a minute: a full disk or a lock that somebody holds for long may be over by then.
 * Throws the last failure, and at once one that no repetition mends, or that comes when `mayGoOn` says no.
 */
export async function retrying<T>(attempt: () => Promise<T>, mayGoOn = (): boolean => true): Promise<T> {
  const until = performance.now() + RETRY_FOR_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (isFinal(error) || !mayGoOn() || performance.now() + pauseMs > until) throw error;
      await setTimeout(pauseMs);
    }
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof Error && "code" in error && FINAL_CODES.includes(error.code);
}
