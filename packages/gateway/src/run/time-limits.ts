/**
 * The time that the inputs of one run allow it. Each counts from when the run begins to answer that input, and the first
 * that is up ends the run for all of them: they share one answer.
 */
export class TimeLimits {
  readonly #onPassed: () => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(onPassed: () => void) {
    this.#onPassed = onPassed;
  }

  /** Counts from now on for these; one without a limit may take for ever. */
  start(inputs: readonly { readonly timeoutMs?: number }[]): void {
    for (const { timeoutMs } of inputs) {
      if (timeoutMs !== undefined) this.#timers.add(setTimeout(this.#onPassed, timeoutMs).unref());
    }
  }

  /** Counts no more. Idempotent. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
