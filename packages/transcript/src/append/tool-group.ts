import { isFields } from "../context/fields.ts";
import { deferredFromOf, readDeferred } from "./deferred.ts";
import type { Deferred } from "./deferred.ts";
import type { SessionEntry } from "../entry.ts";
import { turnOf, userTurn } from "../validate/turn.ts";
import type { Turn } from "../validate/turn.ts";
import { WaitingLine } from "./waiting-line.ts";

/**
 * Where an entry may go.
 *
 * - `branch` right below the leaf
 * - `deferred` behind the results that are still missing, and in a `custom` entry until then
 * - `late` nowhere: a result whose call is not open
 */
export type Fate = "branch" | "deferred" | "late";

/** A tool call that has no result. */
export interface OpenCall {
  readonly id: string;
  readonly name: string;
}

interface Pending extends Deferred {
  /** Its place among all that ever waited in this group. */
  readonly at: number;
  readonly turn: Turn | undefined;
  readonly calls: readonly OpenCall[];
}

const NONE: readonly OpenCall[] = [];

/**
 * The tool calls at the end of a branch that wait for their results, and the messages that wait for them in turn.
 *
 * No call open → an assistant turn with calls opens the group → the last result closes it → what was deferred is due, in
 * order, and may open the next group. Whoever speaks without keeping this order (a writer without the lock) closes it too.
 */
export class ToolGroup {
  #open: readonly OpenCall[] = NONE;
  /** What waits for all open calls to be answered. */
  #turns = WaitingLine.empty<Pending>();
  /** What waits for its call to be open: results of turns that wait themselves. */
  #results = WaitingLine.empty<Pending>();
  #deferred = 0;
  /** The id of the one that was taken last. */
  #taken: string | undefined;

  /** The group at the end of these entries, given in the order of the branch. */
  static of(branch: Iterable<SessionEntry>): ToolGroup {
    const group = new ToolGroup();
    for (const entry of branch) group.take(entry);
    return group;
  }

  copy(): ToolGroup {
    const copy = new ToolGroup();
    copy.#open = this.#open;
    copy.#turns = this.#turns;
    copy.#results = this.#results;
    copy.#deferred = this.#deferred;
    return copy;
  }

  /** The calls that want their results next. */
  get open(): readonly OpenCall[] {
    return this.#open;
  }

  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Nothing is open and nothing waits: what is no tool call leaves it so. */
  get isIdle(): boolean {
    return this.#open.length === 0 && this.#turns.isEmpty && this.#results.isEmpty;
  }

  /** What is deferred and not on the branch yet, in order. */
  get pending(): readonly Deferred[] {
    return this.#inOrder();
  }

  /** Every call that has no result, those of turns that are deferred included. */
  get unanswered(): readonly OpenCall[] {
    let calls = this.#open;
    for (const { calls: opened, turn } of this.#inOrder()) {
      if (turn?.role === "result") calls = without(calls, turn.callId);
      else if (opened.length > 0) calls = [...calls, ...opened];
    }
    return calls;
  }

  /** Takes in the next entry of the branch. */
  take(entry: SessionEntry): void {
    const deferred = readDeferred(entry);
    if (deferred) this.#defer(pendingOf(deferred, (this.#deferred += 1)));
    const origin = deferredFromOf(entry);
    if (origin !== undefined && origin !== this.#taken) this.#remove(origin);
    const turn = turnOfEntry(entry);
    if (turn === undefined) return;
    if (turn.role === "result") this.#open = without(this.#open, turn.callId);
    else if (!turn.isHidden) this.#open = callsOf(entry, turn);
  }

  fateOf(entry: SessionEntry): Fate {
    const turn = turnOfEntry(entry);
    if (turn === undefined) return "branch";
    if (turn.role !== "result") return this.isOpen ? "deferred" : "branch";
    if (has(this.#open, turn.callId)) return "branch";
    return has(this.unanswered, turn.callId) ? "deferred" : "late";
  }

  isAnsweredBy(entry: SessionEntry): boolean {
    const turn = turnOfEntry(entry);
    return turn?.role === "result" && has(this.#open, turn.callId);
  }

  /** The next message that may be put on the branch now, taken from those that wait. */
  takeDue(): Deferred | undefined {
    const due = this.isOpen ? this.#dueResult() : this.#turns.first;
    this.#taken = due?.id;
    if (due !== undefined) this.#remove(due.id);
    return due;
  }

  #dueResult(): Pending | undefined {
    for (const one of this.#results) if (has(this.#open, one.turn?.callId)) return one;
    return undefined;
  }

  #defer(pending: Pending): void {
    if (pending.turn?.role === "result") this.#results = this.#results.with(pending);
    else this.#turns = this.#turns.with(pending);
  }

  #remove(deferredId: string): void {
    const isMeant = ({ id }: Pending) => id === deferredId;
    const isNextTurn = this.#turns.first?.id === deferredId;
    const isNextResult = this.#results.first?.id === deferredId;
    if (!isNextResult) this.#turns = this.#turns.without(isMeant);
    if (!isNextTurn) this.#results = this.#results.without(isMeant);
  }

  #inOrder(): readonly Pending[] {
    const all = [...this.#turns, ...this.#results];
    return this.#results.isEmpty ? all : all.sort((one, other) => one.at - other.at);
  }
}

/** What the entry is in the conversation; undefined for what a model is not shown. */
export function turnOfEntry(entry: SessionEntry): Turn | undefined {
  return turnIn(entry.type, "message" in entry ? entry.message : undefined);
}

function turnIn(type: unknown, message: unknown): Turn | undefined {
  if (type === "custom_message" || type === "branch_summary") return userTurn();
  return type === "message" && isFields(message) ? turnOf(message) : undefined;
}

function pendingOf(deferred: Deferred, at: number): Pending {
  const { type, message } = deferred.content;
  const turn = turnIn(type, message);
  return { ...deferred, at, turn, calls: turn ? callsIn(message, turn) : [] };
}

function callsOf(entry: SessionEntry, turn: Turn): OpenCall[] {
  return callsIn("message" in entry ? entry.message : undefined, turn);
}

/** The calls that want a result: not those of a turn that failed, nor one that was cut off. */
function callsIn(message: unknown, turn: Turn): OpenCall[] {
  if (turn.calls.length === 0 || turn.isHidden) return [];
  const content = isFields(message) ? message["content"] : undefined;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  return blocks
    .flatMap((block) => (isFields(block) && block["type"] === "toolCall" ? [block] : []))
    .slice(0, turn.calls.length)
    .map(({ id, name }) => ({
      id: typeof id === "string" ? id : "",
      name: typeof name === "string" ? name : "",
    }));
}

function has(calls: readonly OpenCall[], callId: string | undefined): boolean {
  return calls.some(({ id }) => id === callId);
}

/** Without the first call of that id: ids of one turn are meant to differ, but need not. */
function without(calls: readonly OpenCall[], callId: string): OpenCall[] {
  const at = calls.findIndex(({ id }) => id === callId);
  return calls.filter((_, index) => index !== at);
}
