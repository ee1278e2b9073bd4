import { Ancestry } from "../validate/ancestry.ts";
import { isBlankDraft } from "./line-plan.ts";
import { parentRows } from "./parent-rows.ts";
import type { Draft, Plan, RepairStep } from "./plan.ts";

/**
 * The last stage: a compaction (or a reset) keeps from an entry of its own branch, and not from a tool result without its
 * call.
 *
 * One that names no entry of its branch keeps nothing for any reader; it gets its own id, which says so.
 */
export function planCompactions(plan: Plan): void {
  if (!plan.drafts.some(isBoundary)) return;
  const { rowOf, parents } = parentRows(plan);
  const ancestry = new Ancestry(parents);
  plan.drafts.forEach((draft, row) => {
    const { id, firstKeptEntryId: target } = draft;
    if (!isBoundary(draft) || id === undefined || target === null || target === id) return;
    if (draft.type === "reset" && target === undefined) return;
    const targetRow = typeof target === "string" ? rowOf.get(target) : undefined;
    const isAbove = targetRow !== undefined && ancestry.isAbove(targetRow, row);
    const due = isAbove ? (callRow(targetRow, plan.drafts, parents) ?? row) : row;
    if (due === targetRow) return;
    const dueId = plan.drafts[due]?.id ?? id;
    draft.edits.set("firstKeptEntryId", JSON.stringify(dueId));
    plan.steps.push({ ...step(draft, due === row ? undefined : dueId + CALL_IS_THERE), entryId: id });
  });
}

/**
 * The same for version 1, whose entries are a list: each is below the one before it, and named by its place, which is
 * another one where an object before it left the file or came back.
 */
export function planListedCompactions(plan: Plan): void {
  const entries = plan.drafts.filter((draft) => draft.type !== "session" && !isBlankDraft(draft));
  const rowOf = new Map(entries.map((draft, row) => [draft, row]));
  const parents = entries.map((_, row) => row - 1);
  entries.forEach((draft, row) => {
    const { firstKeptEntryIndex: target, firstKeptEntryId } = draft;
    if (!isBoundary(draft)) return;
    if (draft.type === "reset" && target === undefined && firstKeptEntryId === undefined) return;
    const kept = typeof target === "number" ? plan.listed[target] : undefined;
    const keptRow = (kept && rowOf.get(kept)) ?? row;
    const due = keptRow < row ? (callRow(keptRow, entries, parents) ?? row) : row;
    if (due + 1 === target) return;
    draft.edits.set("firstKeptEntryIndex", String(due + 1));
    const why = due === keptRow ? ", which has this number now" : CALL_IS_THERE;
    plan.steps.push(step(draft, due === row ? undefined : `entry ${due + 1}${why}`));
  });
}

const CALL_IS_THERE = ", where the call is";

function step({ line }: Draft, from: string | undefined): RepairStep {
  const message = from === undefined ? "it says that it keeps nothing" : `it keeps from ${from}`;
  return { code: "T7", action: "set-kept", line, message };
}

function isBoundary({ type }: Draft): boolean {
  return type === "compaction" || type === "reset";
}

/** The row itself, or for a tool result that of its call; undefined when there is none. */
function callRow(row: number, drafts: readonly Draft[], parents: readonly number[]): number | undefined {
  const { turn } = drafts[row] ?? {};
  if (turn?.role !== "result") return row;
  for (let at = parents[row] ?? -1; at >= 0; at = parents[at] ?? -1) {
    if (drafts[at]?.turn?.calls.includes(turn.callId)) return at;
  }
  return undefined;
}
