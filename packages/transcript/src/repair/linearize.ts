import { racedForks } from "../validate/fork-check.ts";
import { parentRows } from "./parent-rows.ts";
import type { Draft, Plan } from "./plan.ts";

/** Several branches being joined to one. */
interface Lane {
  /** The last row of the joined branch. */
  end: number;
}

/**
 * Joins the branches of forks that look like a race, in the order of the file.
 *
 * Only the ends grow together: whoever went back on purpose, to an entry that is no end, keeps his branch. Branches that are
 * joined may look as if another one had raced with them, so it is asked until none does: a parent only ever moves down.
 */
export function linearizeForks(plan: Plan): void {
  const { drafts } = plan;
  // Where entries move the leaf, forks are made by them.
  if (plan.format === 4 || drafts.some(({ moving }) => moving !== undefined)) return;
  const before = drafts.map(({ parentId }) => parentId);
  while (joinForks(plan));
  drafts.forEach((draft, row) => {
    if (draft.parentId !== before[row]) tellOfJoint(draft, plan);
  });
}

/** False when there was no fork to join. */
function joinForks(plan: Plan): boolean {
  const { drafts } = plan;
  const { parents } = parentRows(plan);
  const forks = new Set(racedForks(drafts.map((draft, row) => rowAt(draft, parents[row] ?? -1))));
  /** By the row that is an end in the old tree. */
  const lanes = new Map<number, Lane>();
  let isJoined = false;
  for (let row = 0; row < drafts.length && forks.size > 0; row += 1) {
    const draft = drafts[row];
    const parent = parents[row] ?? -1;
    if (draft === undefined || parent < 0) continue;
    const lane = forks.has(row) ? laneBeside(row, parent, parents, lanes) : lanes.get(parent);
    if (lane === undefined) continue;
    if (!forks.has(row)) lanes.delete(parent);
    lanes.set(row, lane);
    isJoined = hangBelow(draft, drafts[lane.end]) || isJoined;
    lane.end = row;
  }
  return isJoined;
}

/** The lane of the branch that was there before `row` began a second one. */
function laneBeside(row: number, parent: number, parents: readonly number[], lanes: Map<number, Lane>): Lane {
  let end = row - 1;
  while (end > parent && !isBelow(end, parent, parents)) end -= 1;
  const known = lanes.get(end);
  if (known) return known;
  const lane = { end };
  lanes.set(end, lane);
  return lane;
}

function isBelow(row: number, above: number, parents: readonly number[]): boolean {
  let at = row;
  while (at > above) at = parents[at] ?? -1;
  return at === above;
}

function hangBelow(draft: Draft, parent: Draft | undefined): boolean {
  if (parent?.id === undefined || draft.parentId === parent.id) return false;
  draft.parentId = parent.id;
  return true;
}

function tellOfJoint(draft: Draft, plan: Plan): void {
  const { id, line, parentId } = draft;
  draft.edits.set("parentId", JSON.stringify(parentId));
  const message = `it is joined to the branch beside it, as if two writers had raced there: it hangs below ${String(parentId)} now`;
  plan.steps.push({ code: "T10", action: "set-parent", line, ...(id && { entryId: id }), message });
}

function rowAt({ timestamp, type, id }: Draft, parent: number) {
  const pointer = type === "branch_summary" ? ({ type, targetId: undefined } as const) : undefined;
  return { timestamp, parent, pointer, entryId: id, turn: undefined };
}
