import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { isReplacement } from "../context/replacement.ts";
import { movesLeaf, Navigation, needsNavigation } from "../file/navigation.ts";
import type { FindingLog, Site } from "./finding.ts";
import { turnOf } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** A root. */
const ROOT = -1;
/** A parent that is not there. */
export const MISSING = -2;

/** As much of an entry as the rules of the tree and of the conversation need. */
export interface Row extends Site {
  readonly entryId: string | undefined;
  readonly timestamp: string | undefined;
  /** Row number of the parent, `ROOT` or `MISSING`. */
  parent: number;
  /** Absent for what a model is not shown. */
  readonly turn: Turn | undefined;
  /** The parts of an entry that points at another one. */
  readonly pointer: Pointer | undefined;
}

export interface Pointer {
  readonly type: "compaction" | "reset" | "label" | "context_edit" | "branch_summary";
  readonly targetId: unknown;
  /** What an edit makes of an assistant turn; null where it takes the entry out. */
  readonly edited?: Turn | null | undefined;
}

/** A parent's id that was not known when its child was read. */
export interface LateParent {
  readonly row: number;
  readonly parentId: string;
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** All entries in the order of the file, and the rules that can be judged while reading them. */
export class EntryTable {
  readonly rows: Row[] = [];
  readonly lateParents: LateParent[] = [];
  readonly #rowOf = new Map<string, number>();
  readonly #log: FindingLog;
  #hasRoot = false;
  #version = 3;
  #navigation: Navigation | undefined;

  constructor(log: FindingLog) {
    this.#log = log;
  }

  /** Call before the first entry. */
  readAs(version: number): void {
    this.#version = version;
    if (needsNavigation(version)) this.#navigation = new Navigation(version);
  }

  /** True where entries of the file move its leaf: parents are then what readers take them for. */
  get isNavigated(): boolean {
    return this.#navigation !== undefined;
  }

  /** The row that an append continues, or -1. */
  get leaf(): number {
    const last = this.rows.findLastIndex(({ entryId }) => entryId !== undefined);
    return this.#navigation ? (this.rowOf(this.#navigation.leafId ?? "") ?? -1) : last;
  }

  /** The first entry of that id, as readers take it. */
  rowOf(id: string): number | undefined {
    return this.#rowOf.get(id);
  }

  add(entry: Fields, turn: Turn | undefined, site: Site): void {
    const { id, timestamp } = entry;
    const entryId = typeof id === "string" && id !== "" ? id : undefined;
    const row: Row = {
      line: site.line,
      offset: site.offset,
      index: site.index,
      entryId,
      timestamp: typeof timestamp === "string" ? timestamp : undefined,
      parent: MISSING,
      turn,
      pointer: pointerOf(entry),
    };
    const number = this.rows.length;
    this.rows.push(row);
    row.parent = this.#parentOf(entry["parentId"], row, number);
    // Readers pass over an id that is taken.
    if (this.#checkId(entryId, row, number)) this.#navigate(entry, entryId, row);
    this.#checkTime(row);
  }

  #navigate(entry: Fields, id: string, row: Row): void {
    if (movesLeaf(entry)) this.#navigation ??= this.#navigationSoFar(row);
    if (this.#navigation === undefined) return;
    const { parentId, appendMode, targetId, appendParentId } = entry;
    const isRoot = parentId === null || (parentId !== undefined && typeof parentId !== "string");
    const named = isRoot ? null : parentId;
    const type = String(entry["type"]);
    const place = { type, id, appendMode, targetId, appendParentId };
    const due = this.#navigation.take(named === undefined ? place : { ...place, parentId: named });
    row.parent = due === null ? ROOT : (this.rowOf(due) ?? MISSING);
    if (type === "leaf" && !this.#navigation.isInForce(id))
      this.#log.add("T6", "W", row, "the leaf control names an entry that is not there before it");
  }

  /** Nothing moved the leaf before `row`, so each entry was the leaf in its turn. */
  #navigationSoFar(row: Row): Navigation {
    const navigation = new Navigation(this.#version);
    for (const { entryId, parent } of this.rows) {
      if (entryId === undefined || this.rows[this.rowOf(entryId) ?? -1] === row) continue;
      const parentId = this.rows[parent]?.entryId ?? null;
      navigation.take({ type: "message", id: entryId, parentId });
    }
    return navigation;
  }

  #checkId(entryId: string | undefined, row: Row, number: number): entryId is string {
    if (entryId === undefined) {
      this.#log.add("T1", "E", row, "the entry has no id");
      return false;
    }
    if (this.#rowOf.has(entryId)) {
      this.#log.add("T1", "E", row, `the id ${entryId} is taken by an earlier entry`);
      return false;
    }
    this.#rowOf.set(entryId, number);
    return true;
  }

  #parentOf(parentId: unknown, row: Row, number: number): number {
    if (needsNavigation(this.#version) && (parentId === null || parentId === undefined)) return ROOT;
    if (parentId === null) {
      if (this.#hasRoot) this.#log.add("T4", "W", row, "another root");
      this.#hasRoot = true;
      return ROOT;
    }
    if (typeof parentId !== "string") {
      this.#log.add("T2", "E", row, "parentId is neither null nor an id");
      return ROOT;
    }
    const parent = this.#rowOf.get(parentId);
    if (parent !== undefined) return parent;
    this.lateParents.push({ row: number, parentId });
    return MISSING;
  }

  #checkTime(row: Row): void {
    const { timestamp } = row;
    if (timestamp === undefined || !ISO.test(timestamp)) {
      this.#log.add("T9", "W", row, "the timestamp is not an ISO 8601 time in UTC");
      return;
    }
    const before = this.rows[row.parent]?.timestamp;
    if (before !== undefined && isEarlier(timestamp, before)) {
      this.#log.add("T9", "W", row, "the entry is older than its parent");
    }
  }
}

function isEarlier(time: string, before: string): boolean {
  // Of one length, ISO times sort as text.
  return time.length === before.length ? time < before : Date.parse(time) < Date.parse(before);
}

function pointerOf(entry: Fields): Pointer | undefined {
  switch (entry["type"]) {
    case "reset":
      return { type: "reset", targetId: entry["firstKeptEntryId"] };
    case "compaction":
      return { type: "compaction", targetId: entry["firstKeptEntryId"] };
    case "label":
      return { type: "label", targetId: entry["targetId"] };
    case "context_edit":
      return { type: "context_edit", targetId: entry["targetId"], edited: editedTurn(entry["replacement"]) };
    case "branch_summary":
      return { type: "branch_summary", targetId: entry["fromId"] };
    default:
      return undefined;
  }
}

function editedTurn(replacement: unknown): Turn | null | undefined {
  if (!isReplacement(replacement)) return undefined;
  return isFields(replacement) ? turnOf({ role: "assistant", content: replacement["content"] }) : null;
}
