import type { Node } from "./syntax.ts";
import type { World } from "./world.ts";
import { meet } from "./worlds.ts";

/** The worlds in which functions ended: there the functions inside them begin that nobody was seen to call. */
export class Closings {
  readonly #ends = new Map<Node, Map<string, World>>();

  add(node: Node, worlds: readonly World[]): void {
    const ends = this.#ends.get(node) ?? new Map<string, World>();
    for (const world of worlds) if (!ends.has(world.key)) ends.set(world.key, world);
    this.#ends.set(node, ends);
  }

  /** In a time when no lock of the function is held any more. */
  of(node: Node): readonly World[] {
    return meet([...(this.#ends.get(node)?.values() ?? [])].map((world) => world.detached()));
  }
}
