import { asksForThoughts } from "../context/thought-mark.ts";
import type { Site } from "./finding.ts";
import type { Judge } from "./judge.ts";
import { checkOrder } from "./order-check.ts";
import type { Turn } from "./turn.ts";

/** A turn and the place it was found in. */
export interface TurnAt {
  readonly turn: Turn;
  readonly site: Site;
}

/** What became of a call: its result came, is missing, or is not asked for because the call is hidden. */
type CallState = "answered" | "missing" | "lost";

/** The rules of a conversation: each call next to its result, and turns in an order that providers take. */
export function checkConversation(turns: readonly TurnAt[], judge: Judge): void {
  new GroupCheck(turns, judge).run();
  checkOrder(
    turns.filter(({ turn }) => !turn.isHidden),
    judge,
  );
  if (judge.rules?.profile === "google" && asksForThoughts(judge.model)) checkThoughts(turns, judge);
}

class GroupCheck {
  readonly #turns: readonly TurnAt[];
  readonly #judge: Judge;
  readonly #calls = new Map<string, CallState>();
  /** By call id, where its last result stands. Filled when the first call is found without a result. */
  #lastResults: Map<string, number> | undefined;

  constructor(turns: readonly TurnAt[], judge: Judge) {
    this.#turns = turns;
    this.#judge = judge;
  }

  run(): void {
    for (let at = 0; at < this.#turns.length;) {
      const current = this.#turns[at];
      if (current === undefined) return;
      for (const id of current.turn.lost) this.#calls.set(id, "lost");
      if (current.turn.role === "result") this.#stray(current);
      at = current.turn.calls.length > 0 && !current.turn.isHidden ? this.#group(at, current) : at + 1;
    }
  }

  /** Checks a turn with calls and the results right after it. Returns where the next turn stands. */
  #group(at: number, { turn, site }: TurnAt): number {
    for (const id of new Set(turn.calls)) this.#checkReuse(id, site);
    const open = countsOf(turn.calls);
    let isOrdered = true;
    let answered = 0;
    let next = at + 1;
    for (let after = this.#turns[next]; after; after = this.#turns[next]) {
      if (after.turn.role !== "result" && !after.turn.isHidden) break;
      next += 1;
      if (after.turn.role !== "result") continue;
      const { callId } = after.turn;
      const left = open.get(callId);
      if (left === undefined) {
        this.#stray(after);
        continue;
      }
      if (turn.calls[answered] !== callId) isOrdered = false;
      answered += 1;
      if (left > 1) open.set(callId, left - 1);
      else open.delete(callId);
      this.#calls.set(callId, "answered");
    }
    if (!isOrdered && open.size === 0) {
      const severity = this.#judge.stage === "request" ? "E" : "W";
      this.#judge.log.add("C2", severity, site, "the results are not in the order of the calls");
    }
    for (const id of open.keys()) this.#missing(id, site, next);
    return next;
  }

  #checkReuse(id: string, site: Site): void {
    if (!this.#calls.has(id)) {
      this.#calls.set(id, "missing");
      return;
    }
    this.#calls.set(id, "missing");
    const { rules, log } = this.#judge;
    if (rules?.uniqueIds === true) log.add("P2", "E", site, `the tool call id ${id} was used before`);
    else if (rules === undefined) log.add("C8", "W", site, `the tool call id ${id} was used before`);
  }

  #missing(id: string, site: Site, next: number): void {
    const { log, stage } = this.#judge;
    if ((this.#lastResult(id) ?? -1) >= next) {
      log.add("C2", "E", site, `the result of the call ${id} is not next to it`);
    } else if (next === this.#turns.length && stage === "stored") {
      log.add("C5", "W", site, `the call ${id} has no result yet`);
    } else {
      log.add("C5", "E", site, `the call ${id} has no result`);
    }
  }

  #stray({ turn, site }: TurnAt): void {
    const { log } = this.#judge;
    switch (this.#calls.get(turn.callId)) {
      case undefined:
        log.add("C3", "E", site, `no call before it has the id ${turn.callId}`);
        break;
      case "answered":
        log.add("C4", "E", site, `the call ${turn.callId} has a result already`);
        break;
      case "lost":
        log.add("C6", "E", site, `the call ${turn.callId} is of a turn that failed or was cut off`);
        break;
      case "missing":
        // Reported where the call stands.
        this.#calls.set(turn.callId, "answered");
        break;
    }
  }

  #lastResult(id: string): number | undefined {
    if (this.#lastResults === undefined) {
      this.#lastResults = new Map();
      this.#turns.forEach(({ turn }, at) => {
        if (turn.role === "result") this.#lastResults?.set(turn.callId, at);
      });
    }
    return this.#lastResults.get(id);
  }
}

/** How often each id occurs; ids of one turn are meant to differ, but need not. */
function countsOf(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** Only the turn in progress is checked: what comes after the last message of the user. */
function checkThoughts(turns: readonly TurnAt[], { log }: Judge): void {
  const last = turns.findLastIndex(({ turn }) => turn.role === "user");
  for (const { turn, site } of turns.slice(last + 1)) {
    if (turn.calls.length > 0 && turn.lacksThought)
      log.add("P7", "E", site, "a call has no thought signature");
  }
}
