/**
 * Looks from time to time at what a wait waits for. One timer serves the waits of its owner, one at a time, since most are over before it
 * fires; it keeps no process alive.
 */
export class Looks {
  readonly #look: (parkedMs: number) => number;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  #parkedMs = 0;

  /** `look`: is told about how long the wait has lasted, and returns how long to pause until the next look, or 0 where there is to be none. In ms. */
  constructor(look: (parkedMs: number) => number) {
    this.#look = look;
  }

  /** A wait begins. The first look comes after `ms`, spread over ±25 % so that waiters do not look in step. */
  begin(ms: number): void {
    this.#parkedMs = 0;
    if (ms === this.#timerMs) this.#timer?.refresh();
    else this.#start(ms);
  }

  /** The wait was given up: there is no look any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerMs = 0;
  }

  #start(ms: number): void {
    clearTimeout(this.#timer);
    this.#timerMs = ms;
    this.#timer = setTimeout(this.#onTime, ms * (0.75 + Math.random() / 2)).unref();
  }

  readonly #onTime = (): void => {
    this.#parkedMs += this.#timerMs;
    const pauseMs = this.#look(this.#parkedMs);
    if (pauseMs > 0) this.#start(pauseMs);
  };
}
