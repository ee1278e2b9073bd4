import { hash } from "node:crypto";
import type { ProfileRules } from "./profile.ts";

/**
 * Gives every call of a request an id that its provider takes.
 *
 * An id that is good and new stays. Any other gets one made from its characters, and from how often it came before, so
 * that a longer branch gives the calls it shares with a shorter one the same ids.
 */
export class ToolCallIds {
  readonly #rules: ProfileRules;
  readonly #used = new Set<string>();
  readonly #repeats = new Map<string, number>();

  constructor(rules: ProfileRules) {
    this.#rules = rules;
  }

  /** Call before the calls of each turn. */
  startTurn(): void {
    if (this.#rules.uniqueIds) return;
    this.#used.clear();
    this.#repeats.clear();
  }

  /** The id to send for a call stored as `id`. `isOwn`: the target model made it. */
  next(id: string, isOwn: boolean): string {
    const short = isOwn ? id : withoutItem(id);
    const kept = this.#rules.toolCallId.test(short) ? short : undefined;
    if (kept !== undefined && !this.#used.has(kept)) {
      this.#used.add(kept);
      return kept;
    }
    for (let count = this.#repeats.get(id) ?? 0; ; count += 1) {
      const made = this.#make(`${count}:${id}`);
      if (this.#used.has(made)) continue;
      this.#repeats.set(id, count + 1);
      this.#used.add(made);
      return made;
    }
  }

  #make(seed: string): string {
    const { prefix, length } = this.#rules.madeId;
    return prefix + hash("sha256", seed, "hex").slice(0, length - prefix.length);
  }
}

/** The Responses API keeps the id of the output item behind the call's own; another model has no such item. */
function withoutItem(id: string): string {
  const bar = id.indexOf("|");
  return bar > 0 ? id.slice(0, bar) : id;
}
