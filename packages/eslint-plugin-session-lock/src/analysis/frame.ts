import type { Value } from "./values.ts";
import type { World } from "./world.ts";
import { limit, meet } from "./worlds.ts";

/** One way an expression can end: the world after it and what it gave. */
export interface Outcome {
  readonly world: World;
  readonly value: Value;
  /** True if an optional chain ended early: what follows in the chain is skipped. */
  readonly short?: boolean;
}

/** Every way out of a piece of code except its normal end. */
export interface Completions {
  readonly throws: readonly World[];
  readonly returns: readonly Outcome[];
  /** Worlds that leave by `break` or `continue`, by what they jump to. */
  readonly jumps: ReadonlyMap<string, readonly World[]>;
}

/** Collects the abrupt completions of one piece of code. */
export class Frame implements Completions {
  readonly #throws: World[] = [];
  readonly #thrown = new Set<string>();
  readonly #returns: Outcome[] = [];
  readonly #jumps = new Map<string, World[]>();

  get throws(): readonly World[] {
    return meet(this.#throws);
  }

  get returns(): readonly Outcome[] {
    return limit(this.#returns, (outcome) => outcome.world);
  }

  get jumps(): ReadonlyMap<string, readonly World[]> {
    return this.#jumps;
  }

  addThrow(world: World): void {
    if (this.#thrown.has(world.key)) return;
    this.#thrown.add(world.key);
    this.#throws.push(world);
  }

  addReturn(outcome: Outcome): void {
    this.#returns.push(outcome);
  }

  addJump(target: string, world: World): void {
    const worlds = this.#jumps.get(target);
    if (worlds === undefined) this.#jumps.set(target, [world]);
    else worlds.push(world);
  }

  /** Takes over the completions of inner code, except the jumps that end there. */
  addAll(inner: Completions, caught: readonly string[] = []): void {
    for (const world of inner.throws) this.addThrow(world);
    for (const outcome of inner.returns) this.addReturn(outcome);
    for (const [target, worlds] of inner.jumps) {
      if (!caught.includes(target)) for (const world of worlds) this.addJump(target, world);
    }
  }
}
