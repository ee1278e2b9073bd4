import type { Item } from "./read-message.ts";
import { isSyntheticResult } from "./synthetic-result.ts";

/** Why a tool result is left out: no call for it, its call has another one, or its call was left out itself. */
export type ResultFate = "orphan" | "duplicate" | "lost";

/** Which result answers which call. Positions are those of the list of items. */
export interface Pairing {
  /** The position of the result of a call of the turn at a position, if it has one. */
  answerOf(turn: number, call: number): number | undefined;
  /** For the result at a position; undefined for one that has its call. */
  fateOf(result: number): ResultFate | undefined;
}

interface Slot {
  readonly turn: number;
  readonly call: number;
}

/** All calls of one id: a model may use an id again in a later turn. */
interface Claims {
  readonly open: Slot[];
  newest: Slot;
}

/**
 * Pairs results with calls, turn by turn, as ids may come again.
 *
 * A result belongs to the newest turn if that has an open call of its id. If not, it is moved to the one open call of
 * its id before it, or to the turn right after it; where two calls could own it, nobody does. Of two results of one
 * call the first one counts, unless it was made up.
 */
export function pairResults(items: readonly Item[]): Pairing {
  if (isPaired(items)) return PAIRED;
  const builder = new PairingBuilder(items);
  for (let position = 0; position < items.length; position += 1) {
    const item = items[position];
    if (item?.kind === "assistant") builder.openTurn(position, item.calls, item.lost);
    else if (item?.kind === "result") builder.place(position, item.message.toolCallId);
  }
  return builder;
}

/** Every call is followed by its result, and no result is anywhere else. */
const PAIRED: Pairing = { answerOf: (turn, call) => turn + 1 + call, fateOf: () => undefined };

/** True for what nearly every branch is; then there is nothing to build. */
function isPaired(items: readonly Item[]): boolean {
  for (let position = 0; position < items.length; position += 1) {
    const item = items[position];
    if (item?.kind === "result") return false;
    if (item?.kind !== "assistant") continue;
    for (const id of item.calls) {
      position += 1;
      const next = items[position];
      if (next?.kind !== "result" || next.message.toolCallId !== id) return false;
    }
  }
  return true;
}

class PairingBuilder implements Pairing {
  readonly #answers = new Map<number, (number | undefined)[]>();
  readonly #fates = new Map<number, ResultFate>();
  readonly #items: readonly Item[];
  readonly #claims = new Map<string, Claims>();
  readonly #lost = new Set<string>();
  #turn = -1;
  #turnLost: ReadonlySet<string> = new Set();
  /** By call id, where a result stands that came since the newest turn and that no call has asked for yet. */
  readonly #early = new Map<string, number | undefined>();

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  answerOf(turn: number, call: number): number | undefined {
    return this.#answers.get(turn)?.[call];
  }

  fateOf(result: number): ResultFate | undefined {
    return this.#fates.get(result);
  }

  openTurn(turn: number, calls: readonly string[], lost: readonly string[]): void {
    this.#turn = turn;
    if (lost.length > 0 || this.#turnLost.size > 0) this.#turnLost = new Set(lost);
    for (const id of lost) this.#lost.add(id);
    if (calls.length > 0) {
      this.#answers.set(turn, new Array<number | undefined>(calls.length).fill(undefined));
      calls.forEach((id, call) => this.#open({ turn, call }, id));
      if (this.#early.size > 0) for (const id of calls) this.#adopt(id);
    }
    if (this.#early.size > 0) this.#early.clear();
  }

  place(position: number, id: string): void {
    const claims = this.#claims.get(id);
    const slot = claims && this.#slotFor(id, claims);
    if (claims && slot) {
      this.#claim(claims, slot, position);
    } else if (claims?.open.length === 0 && !this.#turnLost.has(id)) {
      this.#placeAgain(claims.newest, position);
    } else if (this.#lost.has(id)) {
      this.#fates.set(position, "lost");
    } else {
      this.#fates.set(position, "orphan");
      // Of two of one id nobody knows which is the right one.
      if (!claims) this.#early.set(id, this.#early.has(id) ? undefined : position);
    }
  }

  #open(slot: Slot, id: string): void {
    const claims = this.#claims.get(id);
    if (claims) {
      claims.open.push(slot);
      claims.newest = slot;
    } else this.#claims.set(id, { open: [slot], newest: slot });
  }

  /** The first open call of the newest turn, or the only open call there is. */
  #slotFor(id: string, { open }: Claims): Slot | undefined {
    let first = open.length;
    while (first > 0 && open[first - 1]?.turn === this.#turn) first -= 1;
    return open[first] ?? (open.length === 1 ? open[0] : undefined);
  }

  #placeAgain(slot: Slot, position: number): void {
    const earlier = this.#answers.get(slot.turn)?.[slot.call];
    if (earlier === undefined || !this.#isSynthetic(earlier) || this.#isSynthetic(position)) {
      this.#fates.set(position, "duplicate");
      return;
    }
    this.#fates.set(earlier, "duplicate");
    this.#answer(slot, position);
  }

  /** Gives the call of that id a result that was written before it, by a writer that lost a race. */
  #adopt(id: string): void {
    const position = this.#early.get(id);
    const claims = this.#claims.get(id);
    const slot = claims?.open.at(-1);
    const isOnly = slot?.turn === this.#turn && claims?.open.at(-2)?.turn !== this.#turn;
    if (position === undefined || !claims || !slot || !isOnly) return;
    this.#fates.delete(position);
    this.#claim(claims, slot, position);
  }

  #claim(claims: Claims, slot: Slot, position: number): void {
    claims.open.splice(claims.open.lastIndexOf(slot), 1);
    this.#answer(slot, position);
  }

  #answer(slot: Slot, position: number): void {
    const answers = this.#answers.get(slot.turn);
    if (answers) answers[slot.call] = position;
  }

  #isSynthetic(position: number): boolean {
    const item = this.#items[position];
    return item?.kind === "result" && isSyntheticResult(item.message);
  }
}
