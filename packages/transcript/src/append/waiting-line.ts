/**
 * What waits, first come first served. A line is never changed: what joins or leaves it makes another one, which shares its
 * list, so that a line of any length is kept, copied and used up at the price of what moves.
 */
export class WaitingLine<T> implements Iterable<T> {
  static readonly #empty = new WaitingLine<never>([], 0, 0);

  /** Lines that share it add to its end only, and each knows its own part. */
  readonly #shared: T[];
  readonly #start: number;
  readonly #end: number;

  private constructor(shared: T[], start: number, end: number) {
    this.#shared = shared;
    this.#start = start;
    this.#end = end;
  }

  static empty<T>(): WaitingLine<T> {
    return WaitingLine.#empty;
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  get first(): T | undefined {
    return this.isEmpty ? undefined : this.#shared[this.#start];
  }

  with(one: T): WaitingLine<T> {
    if (this.isEmpty) return new WaitingLine([one], 0, 1);
    // Another line of this list has grown already.
    if (this.#shared.length > this.#end)
      return new WaitingLine([...this, one], 0, this.#end - this.#start + 1);
    this.#shared.push(one);
    return new WaitingLine(this.#shared, this.#start, this.#end + 1);
  }

  /** Without the ones that are meant: nearly always that is the first one. */
  without(isMeant: (one: T) => boolean): WaitingLine<T> {
    const { first } = this;
    if (first === undefined) return this;
    if (isMeant(first)) {
      if (this.#end - this.#start === 1) return WaitingLine.empty();
      return new WaitingLine(this.#shared, this.#start + 1, this.#end);
    }
    const left = [...this].filter((one) => !isMeant(one));
    return left.length === 0 ? WaitingLine.empty() : new WaitingLine(left, 0, left.length);
  }

  *[Symbol.iterator](): Generator<T> {
    for (let at = this.#start; at < this.#end; at += 1) {
      const one = this.#shared[at];
      if (one !== undefined) yield one;
    }
  }
}
