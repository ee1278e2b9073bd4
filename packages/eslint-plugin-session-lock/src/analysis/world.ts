import { compareFiles, type FileRef } from "./file-ref.ts";
import { nodeKey, type Node } from "./syntax.ts";
import { mapManagers, valueKey, type LockValue, type Value } from "./values.ts";

/** A lock that is held now. */
export interface Held {
  readonly lock: LockValue;
  /** The activation that must release it; `undefined` if somebody else must. */
  readonly owner: string | undefined;
  /** True if an acquire of the same file re-enters instead of waiting for ever. */
  readonly reentrant: boolean;
}

/** One decision on the way to a world; the way is the witness of a report. */
export interface Step {
  readonly node: Node;
  readonly what: "taken" | "skipped" | "acquired" | "released" | "threw" | "entered";
  readonly before: Step | undefined;
}

interface Facts {
  readonly bindings: ReadonlyMap<string, Value>;
  readonly held: ReadonlyMap<string, Held>;
  /** Where locks were released: for messages only, not part of what tells worlds apart. */
  readonly released: ReadonlyMap<string, Node>;
  readonly pending: ReadonlyMap<string, Node>;
  readonly truths: ReadonlyMap<string, boolean>;
}

const nothing: Facts = {
  bindings: new Map(),
  held: new Map(),
  released: new Map(),
  pending: new Map(),
  truths: new Map(),
};

/**
 * What is true on one way through the program. A program point has a small set of worlds: a lock that every one of
 * them holds is surely held there (the must-hold set), one that some of them hold may be held (the may-hold set).
 *
 * Immutable; two worlds with the same key are the same, whatever way led there.
 */
export class World {
  readonly path: Step | undefined;
  readonly #facts: Facts;
  #key: string | undefined;

  constructor(facts: Partial<Facts> = {}, path?: Step) {
    this.#facts = { ...nothing, ...facts };
    this.path = path;
  }

  get key(): string {
    this.#key ??= describe(this.#facts);
    return this.#key;
  }

  get bindings(): ReadonlyMap<string, Value> {
    return this.#facts.bindings;
  }

  get held(): readonly Held[] {
    return [...this.#facts.held.values()];
  }

  get pending(): readonly Node[] {
    return [...this.#facts.pending.values()];
  }

  bind(cell: string, value: Value | undefined): World {
    if (value === undefined && !this.#facts.bindings.has(cell)) return this;
    const known = this.#facts.bindings.get(cell);
    if (known !== undefined && value !== undefined && valueKey(known) === valueKey(value)) return this;
    return this.#with({ bindings: changed(this.#facts.bindings, cell, value) });
  }

  /** Takes the lock. Every manager opened before on that file has read what may be out of date now. */
  acquire(held: Held): World {
    const { lock } = held;
    const bindings = new Map(this.#facts.bindings);
    for (const [cell, value] of bindings) {
      const aged = mapManagers(value, (manager) =>
        mayShare(manager.file, lock.file) ? { ...manager, staleSince: lock.site } : manager,
      );
      bindings.set(cell, aged);
    }
    const site = nodeKey(lock.site);
    return this.#with(
      {
        bindings,
        held: changed(this.#facts.held, site, held),
        released: changed(this.#facts.released, site, undefined),
      },
      { node: lock.site, what: "acquired" },
    );
  }

  /** Starts with a lock that somebody else holds around the code. */
  hold(lock: LockValue): World {
    const held: Held = { lock, owner: undefined, reentrant: true };
    return this.#with(
      { held: changed(this.#facts.held, nodeKey(lock.site), held) },
      { node: lock.site, what: "entered" },
    );
  }

  release(lock: LockValue, at: Node): World {
    const site = nodeKey(lock.site);
    return this.#with(
      { held: changed(this.#facts.held, site, undefined), released: changed(this.#facts.released, site, at) },
      { node: at, what: "released" },
    );
  }

  /** Drops a lock without a trace: the scope that lent it is over. */
  forget(lock: LockValue): World {
    return this.#with({ held: changed(this.#facts.held, nodeKey(lock.site), undefined) });
  }

  /** Hands the duty to release to another activation, or to the outside. */
  transfer(lock: LockValue, owner: string | undefined): World {
    const held = this.heldOf(lock);
    if (held === undefined) return this;
    return this.#with({ held: changed(this.#facts.held, nodeKey(lock.site), { ...held, owner }) });
  }

  heldOf(lock: LockValue): Held | undefined {
    return this.#facts.held.get(nodeKey(lock.site));
  }

  releasedAt(lock: LockValue): Node | undefined {
    return this.#facts.released.get(nodeKey(lock.site));
  }

  get lastRelease(): Node | undefined {
    return [...this.#facts.released.values()].at(-1);
  }

  start(work: Node): World {
    return this.#with({ pending: changed(this.#facts.pending, nodeKey(work), work) });
  }

  settle(work: readonly Node[]): World {
    const pending = new Map(this.#facts.pending);
    for (const node of work) pending.delete(nodeKey(node));
    return pending.size === this.#facts.pending.size ? this : this.#with({ pending });
  }

  truthOf(variable: string): boolean | undefined {
    return this.#facts.truths.get(variable);
  }

  assume(variable: string, truth: boolean): World {
    return this.#with({ truths: changed(this.#facts.truths, variable, truth) });
  }

  step(node: Node, what: Step["what"]): World {
    return this.#with({}, { node, what });
  }

  /** The same variables in a time when no lock of this scope is held any more; who owns a file keeps it. */
  detached(): World {
    const owned = [...this.#facts.held].filter(([, { lock }]) => lock.claim === "owned");
    return this.#with({ held: new Map(owned), pending: new Map(), released: new Map() });
  }

  /** Forgets variables whose scope is over. */
  leave(cells: readonly string[]): World {
    const isKnown = cells.some((cell) => this.#facts.bindings.has(cell) || this.#facts.truths.has(cell));
    if (!isKnown) return this;
    const bindings = new Map(this.#facts.bindings);
    const truths = new Map(this.#facts.truths);
    for (const cell of cells) {
      bindings.delete(cell);
      truths.delete(cell);
    }
    return this.#with({ bindings, truths });
  }

  /** Keeps only what a file's later code can rely on: used when there are too many worlds to tell apart. */
  coarse(bindings: ReadonlyMap<string, Value>): World {
    return this.#with({ bindings, truths: new Map() });
  }

  #with(change: Partial<Facts>, step?: Omit<Step, "before">): World {
    return new World(
      { ...this.#facts, ...change },
      step === undefined ? this.path : { ...step, before: this.path },
    );
  }
}

/** Whether two locks or managers may stand for one file. */
export function mayShare(left: FileRef | undefined, right: FileRef | undefined): boolean {
  return compareFiles(left, right) !== "different";
}

function changed<T>(map: ReadonlyMap<string, T>, key: string, value: T | undefined): ReadonlyMap<string, T> {
  if (value === undefined && !map.has(key)) return map;
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** The text of each map, kept as long as the map: worlds share the maps that a step leaves alone. */
const described = new WeakMap<object, string>();

function describe(facts: Facts): string {
  return [
    text(facts.bindings, valueKey),
    text(facts.held, (held) => `${held.owner ?? "-"}${held.reentrant ? "r" : ""}`),
    text(facts.pending, () => ""),
    text(facts.truths, String),
  ].join("|");
}

function text<T>(map: ReadonlyMap<string, T>, show: (value: T) => string): string {
  const known = described.get(map);
  if (known !== undefined) return known;
  const fresh = [...map]
    .map(([key, value]) => `${key}=${show(value)}`)
    .sort()
    .join(" ");
  described.set(map, fresh);
  return fresh;
}
