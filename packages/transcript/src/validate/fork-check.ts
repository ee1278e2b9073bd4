import type { Row } from "./entry-table.ts";
import type { FindingLog } from "./finding.ts";

/** Nobody goes back in a conversation and writes on from there within this time; two writers that race do. */
const RACE_MS = 1_000;

/**
 * Forks that look like a race, not like somebody who went back: the first branch grew on after the second began, or the
 * second followed within a second. A branch that begins with its summary was made on purpose.
 *
 * Who wrote a line is not stored, so this can only ever be a suspicion.
 */
export function checkForks(rows: readonly Row[], log: FindingLog): void {
  for (const number of racedForks(rows)) {
    const row = rows[number];
    if (row)
      log.add("T10", "W", row, "a second branch begins here, as when two writers did not know of each other");
  }
}

/** The rows that begin such a branch. */
export function racedForks(rows: readonly Row[]): readonly number[] {
  const newest = newestDescendants(rows);
  const sibling = new Map<number, number>();
  const forks: number[] = [];
  for (let number = 0; number < rows.length; number += 1) {
    const row = rows[number];
    if (row === undefined || row.parent < 0) continue;
    const before = sibling.get(row.parent);
    sibling.set(row.parent, number);
    if (before === undefined || row.pointer?.type === "branch_summary") continue;
    const end = newest[before] ?? before;
    if (end > number || (end === number - 1 && isRace(rows[end], row))) forks.push(number);
  }
  return forks;
}

/** For each row the last row of the file that is below it. */
function newestDescendants(rows: readonly Row[]): Int32Array {
  const newest = Int32Array.from(rows.keys());
  for (let number = rows.length - 1; number > 0; number -= 1) {
    const parent = rows[number]?.parent ?? -1;
    if (parent < 0 || parent >= number) continue;
    newest[parent] = Math.max(newest[parent] ?? 0, newest[number] ?? 0);
  }
  return newest;
}

function isRace(before: Row | undefined, row: Row): boolean {
  if (before?.timestamp === undefined || row.timestamp === undefined) return false;
  return Math.abs(Date.parse(row.timestamp) - Date.parse(before.timestamp)) < RACE_MS;
}
