import { Ancestry } from "./ancestry.ts";
import { MISSING } from "./entry-table.ts";
import type { EntryTable, Pointer, Row } from "./entry-table.ts";
import type { FindingLog } from "./finding.ts";
import { checkForks } from "./fork-check.ts";

/** The rules of the tree that need all entries: parents, rings, what entries point at, forks, the leaf. */
export function checkTree(table: EntryTable, log: FindingLog): void {
  const { rows } = table;
  resolveLateParents(table, log);
  checkPointers(table, log);
  // Where entries move the leaf, forks are made by them.
  if (!table.isNavigated) checkForks(rows, log);
  const last = rows.at(-1);
  if (last && last.entryId === undefined) {
    log.add("T8", "E", last, "the last entry has no id, so the next one would begin a new tree");
  }
}

/** A parent that was unknown when its child was read comes later in the file, or not at all. */
function resolveLateParents(table: EntryTable, log: FindingLog): void {
  for (const { row: number, parentId } of table.lateParents) {
    const row = table.rows[number];
    const parent = table.rowOf(parentId);
    if (row === undefined) continue;
    if (parent === undefined) {
      log.add("T5", "E", row, `the parent ${parentId} is missing; what came before is cut off`);
    } else {
      if (!table.isNavigated) row.parent = parent;
      log.add("T2", "E", row, `the parent ${parentId} is not an earlier entry`);
    }
  }
  // A ring has at least one parent that comes later, so it is enough to look from there.
  const done = new Uint8Array(table.rows.length);
  for (const { row } of table.lateParents) {
    const site = table.rows[row];
    if (site && closesRing(row, table.rows, done)) log.add("T3", "E", site, "the entry is its own ancestor");
  }
}

/** Marks every row it comes by, so that all calls together pass each row once. */
function closesRing(from: number, rows: readonly Row[], done: Uint8Array): boolean {
  const path: number[] = [];
  const onPath = new Set<number>();
  let at = from;
  while (at >= 0 && done[at] === 0 && !onPath.has(at)) {
    path.push(at);
    onPath.add(at);
    at = rows[at]?.parent ?? MISSING;
  }
  for (const row of path) done[row] = 1;
  return onPath.has(at);
}

function checkPointers(table: EntryTable, log: FindingLog): void {
  let ancestry: Ancestry | undefined;
  for (let number = 0; number < table.rows.length; number += 1) {
    const row = table.rows[number];
    const pointer = row?.pointer;
    if (!row || !pointer || pointer.type === "branch_summary") continue;
    if (isNoTarget(pointer, row)) continue;
    const target = typeof pointer.targetId === "string" ? table.rowOf(pointer.targetId) : undefined;
    if (pointer.type === "label") {
      if (target === undefined) log.add("T6", "W", row, "the label names an entry that is not there");
      continue;
    }
    ancestry ??= new Ancestry(table.rows.map(({ parent }) => parent));
    const isAncestor = target !== undefined && ancestry.isAbove(target, number);
    if (pointer.type === "context_edit") {
      if (!isAncestor) log.add("T6", "W", row, "the edit names an entry that is not on its branch");
    } else if (!isAncestor) {
      log.add(
        "T7",
        "E",
        row,
        `the ${pointer.type} keeps from an entry that is not on its branch: it keeps nothing`,
      );
    } else if (table.rows[target]?.turn?.role === "result") {
      log.add("T7", "E", row, `the ${pointer.type} keeps from a tool result, without its call`);
    }
  }
}

/** Null and its own id both say that it keeps nothing; so does a reset that names none. */
function isNoTarget({ type, targetId }: Pointer, { entryId }: Row): boolean {
  if (type === "reset" && targetId === undefined) return true;
  if (type !== "reset" && type !== "compaction") return false;
  return targetId === null || (targetId !== undefined && targetId === entryId);
}
