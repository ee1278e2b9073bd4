import { describeFailure } from "./failure.ts";
import type { Outcome } from "./outcome.ts";
import { isBeyondRepetition, retrying } from "./retrying.ts";
import type { TerminalNews } from "./run-events.ts";
import { unstoredNews } from "./terminal-news.ts";

/** How an outcome is written down. */
export interface EndingTerms<N> {
  /** Resolves with what is to be told, when it is on disk. */
  write(outcome: Outcome): Promise<N>;
  /** Whether the run is still ours to end. */
  mayGoOn(): boolean;
  /** Aborts when this process ends, so that a disk cannot be waited for much longer. */
  readonly closing: AbortSignal;
  /** Called with what keeps it from being written, for the log. */
  failed(error: unknown): void;
}

/**
 * Writes an outcome down and returns what is to be told, in this order: told before, it would be told again, differently
 * perhaps, by the process that finds it missing. A disk that refuses it is waited for. `lost`: the run is another
 * gateway's; `untold`: this process ends first, and the next one goes on with the run.
 */
export async function endingOf<N>(
  outcome: Outcome,
  terms: EndingTerms<N>,
): Promise<N | TerminalNews | "lost" | "untold"> {
  const tries = {
    mayGoOn: () => terms.mayGoOn(),
    until: terms.closing,
    troubled: (error: unknown) => terms.failed(error),
  };
  try {
    return await retrying(() => terms.write(outcome), tries);
  } catch (error) {
    if (!terms.mayGoOn()) return "lost";
    terms.failed(error);
    if (!isBeyondRepetition(error)) return "untold";
    const reason = `the answer could not be stored: ${describeFailure(error)}`;
    const failure: Outcome = { kind: "error", text: "", reason, errorKind: "unknown" };
    // Where not even that goes in, the session is no more, and nobody will go on with the run.
    return terms.write(failure).catch(() => unstoredNews(outcome, reason));
  }
}
