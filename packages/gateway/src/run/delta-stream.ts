import { DELTA_INTERVAL_MS } from "../protocol/limits.ts";

/** Receives the text that came since the last call and all of it so far. */
export type DeltaSink = (deltaText: string, text: string) => void;

/**
 * Turns many small pieces of text into few deltas: the first goes out at once, later ones at most one per interval.
 * Joined together, the deltas are the text.
 */
export class DeltaStream {
  readonly #sink: DeltaSink;
  #text = "";
  #sentLength = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sink: DeltaSink) {
    this.#sink = sink;
  }

  /** Everything pushed since the beginning or the last `restart`. */
  get text(): string {
    return this.#text;
  }

  push(piece: string): void {
    this.#text += piece;
    if (this.#timer !== undefined) return;
    this.#send();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#sentLength < this.#text.length) this.push("");
    }, DELTA_INTERVAL_MS).unref();
  }

  /** Sends what is left and stops the timer. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#send();
  }

  /** Sends what is left and forgets it: what is pushed next is a new text. */
  restart(): void {
    this.end();
    this.#text = "";
    this.#sentLength = 0;
  }

  #send(): void {
    if (this.#sentLength === this.#text.length) return;
    const deltaText = this.#text.slice(this.#sentLength);
    this.#sentLength = this.#text.length;
    this.#sink(deltaText, this.#text);
  }
}
