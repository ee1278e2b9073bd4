/**
 * An immutable map with a key that says what is in it, whatever the order. The key is kept up by each change, so that
 * the analysis can tell worlds apart without reading them: it is the sum of a 64-bit hash of every entry, which two
 * contents among a million share with a chance of one in thirty million.
 */
export class Table<T> {
  readonly #entries: ReadonlyMap<string, T>;
  readonly #show: (value: T) => string;
  readonly #high: number;
  readonly #low: number;
  #key: string | undefined;

  private constructor(
    entries: ReadonlyMap<string, T>,
    show: (value: T) => string,
    high: number,
    low: number,
  ) {
    this.#entries = entries;
    this.#show = show;
    this.#high = high;
    this.#low = low;
  }

  /** An empty table; `show` gives equal texts for values that need not be told apart. */
  static empty<T>(show: (value: T) => string): Table<T> {
    return new Table(new Map<string, T>(), show, 0, 0);
  }

  get key(): string {
    this.#key ??= `${this.#high}.${this.#low}`;
    return this.#key;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string): T | undefined {
    return this.#entries.get(name);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  values(): Iterable<T> {
    return this.#entries.values();
  }

  [Symbol.iterator](): Iterator<readonly [string, T]> {
    return this.#entries[Symbol.iterator]();
  }

  /** With another value, or without one. */
  with(name: string, value: T | undefined): Table<T> {
    const known = this.#entries.get(name);
    if (known === undefined && value === undefined) return this;
    const entries = new Map(this.#entries);
    let high = this.#high;
    let low = this.#low;
    if (known !== undefined) {
      const text = this.#textOf(name, known);
      high -= hash(text, highSeed);
      low -= hash(text, lowSeed);
    }
    if (value === undefined) entries.delete(name);
    else {
      const text = this.#textOf(name, value);
      entries.set(name, value);
      high += hash(text, highSeed);
      low += hash(text, lowSeed);
    }
    return new Table(entries, this.#show, high | 0, low | 0);
  }

  without(names: readonly string[]): Table<T> {
    const known = names.filter((name) => this.#entries.has(name));
    if (known.length === 0) return this;
    const entries = new Map(this.#entries);
    let high = this.#high;
    let low = this.#low;
    for (const name of known) {
      const value = entries.get(name);
      if (value === undefined) continue;
      const text = this.#textOf(name, value);
      high -= hash(text, highSeed);
      low -= hash(text, lowSeed);
      entries.delete(name);
    }
    return new Table(entries, this.#show, high | 0, low | 0);
  }

  #textOf(name: string, value: T): string {
    return `${name}=${this.#show(value)}`;
  }
}

const highSeed = 0x9e3779b9;
const lowSeed = 0x85ebca6b;

/** FNV-1a, with the last steps of MurmurHash3 so that sums of similar texts do not cancel out. */
function hash(text: string, seed: number): number {
  let mixed = seed | 0;
  for (let at = 0; at < text.length; at += 1) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}
