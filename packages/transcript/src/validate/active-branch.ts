import type { TurnAt } from "./conversation-check.ts";
import type { Pointer, Row } from "./entry-table.ts";
import type { FindingLog } from "./finding.ts";
import { userTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";

/**
 * What a model is shown of the branch that ends with the row `leaf`: the newest compaction or reset, what it keeps, and all
 * after it.
 *
 * Reports a compaction that parts a call from its result (`C9`) and goes on as if it kept both.
 */
export function activeTurns(
  rows: readonly Row[],
  leaf: number,
  rowOf: (id: string) => number | undefined,
  log: FindingLog,
): TurnAt[] {
  const path = pathTo(rows, leaf);
  const compactionAt = path.findLastIndex(({ pointer }) => isBoundary(pointer));
  const compaction = path[compactionAt];
  if (compaction === undefined) return turnsOf(path);
  const targetId = compaction.pointer?.targetId;
  const target = typeof targetId === "string" ? rows[rowOf(targetId) ?? -1] : undefined;
  const named = target === undefined ? -1 : path.indexOf(target);
  const from = named === -1 || named > compactionAt ? compactionAt : groupStart(path, named, compactionAt);
  if (from < named) log.add("C9", "E", compaction, "the compaction parts a tool call from its result");
  const shown = turnsOf(path.slice(from));
  return compaction.pointer?.type === "reset" ? shown : [{ turn: userTurn(), site: compaction }, ...shown];
}

function isBoundary(pointer: Pointer | undefined): boolean {
  return pointer?.type === "compaction" || pointer?.type === "reset";
}

function pathTo(rows: readonly Row[], leaf: number): Row[] {
  const path: Row[] = [];
  const seen = new Uint8Array(rows.length);
  for (let at = leaf; at >= 0 && seen[at] === 0;) {
    const row = rows[at];
    if (row === undefined) break;
    seen[at] = 1;
    path.push(row);
    at = row.parent;
  }
  return path.reverse();
}

/** Where the group begins that has a call before `from` and its result behind it; `from` itself when none has. */
function groupStart(path: readonly Row[], from: number, end: number): number {
  const callAt = path.findLastIndex(({ turn }, at) => at < from && turn?.role === "assistant");
  const calls = new Set(path[callAt]?.turn?.calls);
  if (calls.size === 0) return from;
  for (const { turn } of path.slice(from, end)) {
    if (turn?.role === "assistant") return from;
    if (turn?.role === "result" && calls.has(turn.callId)) return callAt;
  }
  return from;
}

/** As the edits among them leave them. An edit stands behind what it names, so those of the part that is shown are all. */
function turnsOf(path: readonly Row[]): TurnAt[] {
  const edits = new Map<unknown, Turn | null>();
  for (const { pointer } of path)
    if (pointer?.edited !== undefined) edits.set(pointer.targetId, pointer.edited);
  const turns: TurnAt[] = [];
  for (const row of path) {
    const turn = row.turn && edited(row.turn, edits.get(row.entryId));
    if (turn) turns.push({ turn, site: row });
  }
  return turns;
}

/** Only what an assistant says decides what may follow; a failed turn stays hidden whatever it says. */
function edited(turn: Turn, edit: Turn | null | undefined): Turn | undefined {
  if (edit === null) return undefined;
  return edit && turn.role === "assistant" && !turn.isHidden ? edit : turn;
}
