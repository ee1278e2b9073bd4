/** Changes that are looked through one by one before they are put together with what they changed. */
const maxChanges = 12;

interface Change<T> {
  readonly table: Table<T>;
  readonly name: string;
  /** `undefined`: without it. */
  readonly value: T | undefined;
  /** How many changes lie on what was last put together, this one included. */
  readonly depth: number;
}

/**
 * An immutable map with a key that says what is in it, whatever the order. The key is kept up by each change, so that
 * the analysis can tell worlds apart without reading them: it is the sum of a 64-bit hash of every entry, which two
 * contents among a million share with a chance of one in thirty million. Tables share what they have in common.
 */
export class Table<T> {
  readonly #show: (value: T) => string;
  readonly #high: number;
  readonly #low: number;
  #entries: ReadonlyMap<string, T> | undefined;
  #change: Change<T> | undefined;
  #values: readonly T[] | undefined;

  private constructor(
    show: (value: T) => string,
    high: number,
    low: number,
    content: ReadonlyMap<string, T> | Change<T>,
  ) {
    this.#show = show;
    this.#high = high;
    this.#low = low;
    if ("table" in content) this.#change = content;
    else this.#entries = content;
  }

  /** An empty table; `show` gives equal texts for values that need not be told apart. */
  static empty<T>(show: (value: T) => string): Table<T> {
    return new Table(show, 0, 0, new Map<string, T>());
  }

  get key(): string {
    return `${this.#high}.${this.#low}`;
  }

  get(name: string): T | undefined {
    let entries = this.#entries;
    let change = this.#change;
    while (entries === undefined && change !== undefined) {
      if (change.name === name) return change.value;
      const { table } = change;
      entries = table.#entries;
      change = table.#change;
    }
    return entries?.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get values(): readonly T[] {
    this.#values ??= [...this.#together().values()];
    return this.#values;
  }

  [Symbol.iterator](): Iterator<readonly [string, T]> {
    return this.#together()[Symbol.iterator]();
  }

  /** The names that do not stand for the same in both tables. */
  differencesTo(other: Table<T>): readonly string[] {
    const names = new Set<string>();
    // What was made of the same table differs in nothing but the changes.
    if (this.#collectChanges(names) !== other.#collectChanges(names))
      for (const table of [this, other]) table.#together().forEach((_, name) => names.add(name));
    return [...names].filter((name) => !this.#isSame(this.get(name), other.get(name)));
  }

  /** The key of what is left if only some values are kept. */
  keyOf(isKept: (value: T) => boolean): string {
    let high = 0;
    let low = 0;
    this.#together().forEach((value, name) => {
      if (!isKept(value)) return;
      const hash = this.#hashOf(name, value);
      high += hash.high;
      low += hash.low;
    });
    return `${high | 0}.${low | 0}`;
  }

  /** With another value, or without one. */
  with(name: string, value: T | undefined): Table<T> {
    const known = this.get(name);
    if (known === undefined && value === undefined) return this;
    let high = this.#high;
    let low = this.#low;
    if (known !== undefined) {
      const hash = this.#hashOf(name, known);
      high -= hash.high;
      low -= hash.low;
    }
    if (value !== undefined) {
      const hash = this.#hashOf(name, value);
      high += hash.high;
      low += hash.low;
    }
    if (this.#change?.depth === maxChanges) {
      this.#together();
      this.#change = undefined;
    }
    const depth = (this.#change?.depth ?? 0) + 1;
    return new Table(this.#show, high | 0, low | 0, { table: this, name, value, depth });
  }

  without(names: readonly string[]): Table<T> {
    return names.reduce<Table<T>>((table, name) => table.with(name, undefined), this);
  }

  /** Adds the names that were changed, and gives the table in which they were. */
  #collectChanges(names: Set<string>): Table<T> {
    if (this.#change === undefined) return this;
    names.add(this.#change.name);
    return this.#change.table.#collectChanges(names);
  }

  #isSame(one: T | undefined, other: T | undefined): boolean {
    if (one === other) return true;
    return one !== undefined && other !== undefined && this.#show(one) === this.#show(other);
  }

  /** Puts the changes together with what they changed. */
  #together(): ReadonlyMap<string, T> {
    if (this.#entries !== undefined) return this.#entries;
    const changes: Change<T>[] = [];
    let base: ReadonlyMap<string, T> = new Map();
    for (let change = this.#change; change !== undefined; change = change.table.#change) {
      changes.push(change);
      base = change.table.#entries ?? base;
      if (change.table.#entries !== undefined) break;
    }
    const entries = new Map(base);
    for (const { name, value } of changes.reverse()) {
      if (value === undefined) entries.delete(name);
      else entries.set(name, value);
    }
    this.#entries = entries;
    return entries;
  }

  #hashOf(name: string, value: T): Hash {
    const text = hashOf(this.#show(value));
    const { high, low } = hashOf(name);
    return {
      high: finish(Math.imul(high, 0x01000193) ^ text.high),
      low: finish(Math.imul(low, 0x01000193) ^ text.low),
    };
  }
}

interface Hash {
  readonly high: number;
  readonly low: number;
}

/** The same few names and values are asked about all the time. */
const hashes = { known: new Map<string, Hash>(), characters: 0 };
const maxCharacters = 500_000;

/** FNV-1a from two starts. */
function hashOf(text: string): Hash {
  const known = hashes.known.get(text);
  if (known !== undefined) return known;
  let high = 0x9e3779b9 | 0;
  let low = 0x85ebca6b | 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x01000193);
  }
  const fresh = { high: finish(high), low: finish(low) };
  hashes.characters += text.length;
  if (hashes.characters > maxCharacters) {
    hashes.known.clear();
    hashes.characters = text.length;
  }
  hashes.known.set(text, fresh);
  return fresh;
}

/** The last steps of MurmurHash3, so that sums of similar hashes do not cancel out. */
function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}
