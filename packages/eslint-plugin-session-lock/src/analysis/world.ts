import { compareFiles, fileKey, type FileRef } from "./file-ref.ts";
import { nodeKey, type Node } from "./syntax.ts";
import { Table } from "./table.ts";
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
  readonly bindings: Table<Value>;
  readonly held: Table<Held>;
  /** Where locks were released: for messages only, not part of what tells worlds apart. */
  readonly released: Table<Node>;
  readonly pending: Table<Node>;
  readonly truths: Table<boolean>;
}

const noLocks = Table.empty<Held>(
  ({ lock, owner, reentrant }) => `${owner ?? "-"}${reentrant ? "r" : ""}${fileKey(lock.file)}`,
);
const noNodes = Table.empty<Node>(() => "");
const noTruths = Table.empty<boolean>(String);
const nothing: Facts = {
  bindings: Table.empty(valueKey),
  held: noLocks,
  released: noNodes,
  pending: noNodes,
  truths: noTruths,
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

  constructor(facts: Facts = nothing, path?: Step) {
    this.#facts = facts;
    this.path = path;
  }

  get key(): string {
    const { bindings, held, pending, truths } = this.#facts;
    this.#key ??= `${bindings.key} ${held.key} ${pending.key} ${truths.key}`;
    return this.#key;
  }

  /** What is held, and what goes on. */
  get lockKey(): string {
    return `${this.#facts.held.key} ${this.#facts.pending.key}`;
  }

  get bindings(): Table<Value> {
    return this.#facts.bindings;
  }

  get held(): readonly Held[] {
    return this.#facts.held.values;
  }

  get pending(): readonly Node[] {
    return this.#facts.pending.values;
  }

  bind(cell: string, value: Value | undefined): World {
    if (value === undefined && !this.#facts.bindings.has(cell)) return this;
    const known = this.#facts.bindings.get(cell);
    if (known !== undefined && value !== undefined && valueKey(known) === valueKey(value)) return this;
    return this.#with({ bindings: this.#facts.bindings.with(cell, value) });
  }

  /** Takes the lock. Every manager opened before on that file has read what may be out of date now. */
  acquire(held: Held): World {
    const { lock } = held;
    let { bindings } = this.#facts;
    for (const [cell, value] of bindings) {
      const aged = mapManagers(value, (manager) =>
        mayShare(manager.file, lock.file) ? { ...manager, staleSince: lock.site } : manager,
      );
      if (aged !== value) bindings = bindings.with(cell, aged);
    }
    const site = nodeKey(lock.site);
    return this.#with(
      {
        bindings,
        held: this.#facts.held.with(site, held),
        released: this.#facts.released.with(site, undefined),
      },
      { node: lock.site, what: "acquired" },
    );
  }

  /** Starts with a lock that somebody else holds around the code. */
  hold(lock: LockValue): World {
    const held: Held = { lock, owner: undefined, reentrant: true };
    return this.#with(
      { held: this.#facts.held.with(nodeKey(lock.site), held) },
      { node: lock.site, what: "entered" },
    );
  }

  release(lock: LockValue, at: Node): World {
    const site = nodeKey(lock.site);
    return this.#with(
      { held: this.#facts.held.with(site, undefined), released: this.#facts.released.with(site, at) },
      { node: at, what: "released" },
    );
  }

  /** Drops a lock without a trace: the scope that lent it is over. */
  forget(lock: LockValue): World {
    return this.#with({ held: this.#facts.held.with(nodeKey(lock.site), undefined) });
  }

  /** Hands the duty to release to another activation, or to the outside. */
  transfer(lock: LockValue, owner: string | undefined): World {
    const held = this.heldOf(lock);
    if (held === undefined) return this;
    return this.#with({ held: this.#facts.held.with(nodeKey(lock.site), { ...held, owner }) });
  }

  heldOf(lock: LockValue): Held | undefined {
    return this.#facts.held.get(nodeKey(lock.site));
  }

  releasedAt(lock: LockValue): Node | undefined {
    return this.#facts.released.get(nodeKey(lock.site));
  }

  get lastRelease(): Node | undefined {
    return this.#facts.released.values.at(-1);
  }

  start(work: Node): World {
    return this.#with({ pending: this.#facts.pending.with(nodeKey(work), work) });
  }

  settle(work: readonly Node[]): World {
    const pending = this.#facts.pending.without(work.map(nodeKey));
    return pending === this.#facts.pending ? this : this.#with({ pending });
  }

  /** The variables of which it is known whether they are true. */
  get decided(): readonly string[] {
    return [...this.#facts.truths].map(([variable]) => variable);
  }

  truthOf(variable: string): boolean | undefined {
    return this.#facts.truths.get(variable);
  }

  assume(variable: string, truth: boolean): World {
    return this.#with({ truths: this.#facts.truths.with(variable, truth) });
  }

  /** The same, whether the variable is true or not. */
  undecided(variable: string): World {
    return this.#with({ truths: this.#facts.truths.with(variable, undefined) });
  }

  step(node: Node, what: Step["what"]): World {
    return this.#with({}, { node, what });
  }

  /** The same, reached from the end of one way instead of the end of another, from which it goes on. */
  enteredBy(path: Step | undefined, instead: Step | undefined): World {
    if (path === instead) return this;
    const steps: Step[] = [];
    for (let step = this.path; step !== undefined && step !== instead; step = step.before) steps.push(step);
    const way = steps.reduceRight<Step | undefined>((before, step) => ({ ...step, before }), path);
    return new World(this.#facts, way);
  }

  /** The same variables in a time when no lock of this scope is held any more; who owns a file keeps it. */
  detached(): World {
    const lent = [...this.#facts.held].flatMap(([site, { lock }]) => (lock.claim === "owned" ? [] : [site]));
    return this.#with({ held: this.#facts.held.without(lent), pending: noNodes, released: noNodes });
  }

  /** Forgets variables whose scope is over. */
  leave(cells: readonly string[]): World {
    const bindings = this.#facts.bindings.without(cells);
    const truths = this.#facts.truths.without(cells);
    const isSame = bindings === this.#facts.bindings && truths === this.#facts.truths;
    return isSame ? this : this.#with({ bindings, truths });
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
