import type { Escape } from "./machine.ts";
import { nodeKey } from "./syntax.ts";
import { valueKey } from "./values.ts";
import type { World } from "./world.ts";
import { agreement, lockKey } from "./worlds.ts";

/** The functions that are run later. */
export class Escapes {
  readonly #waiting: Escape[] = [];
  readonly #known = new Map<string, World>();

  /**
   * A function that may run at any time is run with what all the ways to it agree in; each way to it that says something
   * else of plain values makes that less, not one more to run.
   */
  add(escape: Escape): void {
    const { node, callback, world, args } = escape;
    const held = callback?.held === true ? "held" : "";
    const key = [nodeKey(node), held, lockKey(world), ...args.map(valueKey)].join("|");
    const known = this.#known.get(key);
    const start = known === undefined ? world : agreement(known, world);
    if (start === known) return;
    this.#known.set(key, start);
    this.#waiting.push({ ...escape, world: start });
  }

  next(): Escape | undefined {
    return this.#waiting.shift();
  }
}
