import { isFields } from "../context/fields.ts";
import { deferredFromOf, readDeferred } from "./deferred.ts";
import type { Deferred } from "./deferred.ts";
import type { SessionEntry } from "../entry.ts";
import { turnOf, userTurn } from "../validate/turn.ts";
import type { Turn } from "../validate/turn.ts";

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
  readonly turn: Turn | undefined;
  readonly calls: readonly OpenCall[];
}

/**
 * The tool calls at the end of a branch that wait for their results, and the messages that wait for them in turn.
 *
 * No call open → an assistant turn with calls opens the group → the last result closes it → what was deferred is due, in
 * order, and may open the next group. Whoever speaks without keeping this order (a writer without the lock) closes it too.
 */
export class ToolGroup {
  #open: OpenCall[] = [];
  #pending: Pending[] = [];

  /** The group at the end of these entries, given in the order of the branch. */
  static of(branch: Iterable<SessionEntry>): ToolGroup {
    const group = new ToolGroup();
    for (const entry of branch) group.take(entry);
    return group;
  }

  copy(): ToolGroup {
    const copy = new ToolGroup();
    copy.#open = this.#open;
    copy.#pending = this.#pending;
    return copy;
  }

  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Nothing is open and nothing waits: what is no tool call leaves it so. */
  get isIdle(): boolean {
    return this.#open.length === 0 && this.#pending.length === 0;
  }

  /** What is deferred and not on the branch yet, in order. */
  get pending(): readonly Deferred[] {
    return this.#pending;
  }

  /** Every call that has no result, those of turns that are deferred included. */
  get unanswered(): readonly OpenCall[] {
    let calls = this.#open;
    for (const { calls: opened, turn } of this.#pending) {
      calls = turn?.role === "result" ? without(calls, turn.callId) : [...calls, ...opened];
    }
    return calls;
  }

  /** Takes in the next entry of the branch. */
  take(entry: SessionEntry): void {
    const deferred = readDeferred(entry);
    if (deferred) this.#pending = [...this.#pending, pendingOf(deferred)];
    const origin = deferredFromOf(entry);
    if (origin !== undefined) this.#pending = this.#pending.filter(({ id }) => id !== origin);
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
    if (this.#pending.length === 0) return undefined;
    const due = this.#pending.find(({ turn }) =>
      turn?.role === "result" ? has(this.#open, turn.callId) : !this.isOpen,
    );
    this.#pending = this.#pending.filter((pending) => pending !== due);
    return due;
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

function pendingOf(deferred: Deferred): Pending {
  const { type, message } = deferred.content;
  const turn = turnIn(type, message);
  return { ...deferred, turn, calls: turn ? callsIn(message, turn) : [] };
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

function has(calls: readonly OpenCall[], callId: string): boolean {
  return calls.some(({ id }) => id === callId);
}

/** Without the first call of that id: ids of one turn are meant to differ, but need not. */
function without(calls: readonly OpenCall[], callId: string): OpenCall[] {
  const at = calls.findIndex(({ id }) => id === callId);
  return calls.filter((_, index) => index !== at);
}
