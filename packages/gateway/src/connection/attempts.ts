import { AUTH_FAILURE_WINDOW_MS, MAX_AUTH_FAILURES } from "../protocol/limits.ts";

const MAX_ADDRESSES = 10_000;

/**
 * Counts refused credentials by address, loopback included: a web page can knock there as well. The wall clock may be set
 * back, and whoever waits would wait for it to come round again: the time is the process's own.
 */
export class AuthAttempts {
  readonly #failures = new Map<string, { count: number; since: number }>();

  /** Whole milliseconds until the address may try again; 0 when it may now. */
  blockedForMs(address: string): number {
    const entry = this.#failures.get(address);
    if (entry === undefined || entry.count < MAX_AUTH_FAILURES) return 0;
    return Math.max(0, Math.ceil(entry.since + AUTH_FAILURE_WINDOW_MS - performance.now()));
  }

  /** Records a refused credential. */
  failed(address: string): void {
    const nowMs = performance.now();
    const entry = this.#failures.get(address);
    if (entry !== undefined && nowMs - entry.since < AUTH_FAILURE_WINDOW_MS) {
      entry.count += 1;
      return;
    }
    // Oldest first, so that many addresses cannot fill the memory.
    const oldest = this.#failures.size >= MAX_ADDRESSES ? this.#failures.keys().next().value : undefined;
    if (oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.delete(address);
    this.#failures.set(address, { count: 1, since: nowMs });
  }
}
