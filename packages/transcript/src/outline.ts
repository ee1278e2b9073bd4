import type { SessionEntry } from "./entry.ts";
import { describeEntry } from "./outline/describe-entry.ts";
import { drawTree } from "./outline/draw-tree.ts";
import { treeOf } from "./tree.ts";
import type { TreeSource } from "./tree.ts";

/** One entry of a session, as a person looks over it. */
export interface OutlineRow {
  readonly id: string;
  /** ISO 8601, as the entry says. */
  readonly timestamp: string;
  /** Lines that place the entry in the tree, drawn with `│` and `├─`; empty on the straight way. */
  readonly lines: string;
  /** Who or what: a message's role, or what kind of entry it is. */
  readonly kind: string;
  /** What it says, cut to `maxChars`. */
  readonly text: string;
  readonly label?: string;
  /** False for what was left at a fork. */
  readonly isOnBranch: boolean;
}

export interface OutlineOptions {
  /** Only this many of the newest entries. Default: 200. */
  readonly maxRows?: number;
  /** Longer texts are cut. In characters. Default: 200. */
  readonly maxChars?: number;
}

/** A session's tree, from the oldest entry shown down to the newest, each on one row. */
export interface Outline {
  readonly rows: readonly OutlineRow[];
  /** Entries that are older than those shown. */
  readonly omitted: number;
}

/** Draws entries (in file order) as a tree, given which of them are on the active branch. */
export function outlineOf(
  entries: readonly SessionEntry[],
  branch: readonly SessionEntry[],
  options: OutlineOptions = {},
): Outline {
  const { maxRows = 200, maxChars = 200 } = options;
  const shown = entries.slice(-maxRows);
  const active = new Set(branch.slice(-maxRows).map(({ id }) => id));
  const rows = [...drawTree(treeOf(sourceOf(shown)), active)].map(({ lines, entry, label, isOnBranch }) => {
    const { kind, text } = describeEntry(entry);
    const { id, timestamp } = entry;
    return { id, timestamp, lines, kind, text: cut(text, maxChars), ...(label && { label }), isOnBranch };
  });
  return { rows, omitted: entries.length - shown.length };
}

function sourceOf(entries: readonly SessionEntry[]): TreeSource {
  const labels = new Map<string, { label: string; timestamp: string }>();
  for (const entry of entries) {
    if (entry.type !== "label") continue;
    const { targetId, label, timestamp } = entry;
    if (typeof label !== "string" || label === "") labels.delete(targetId);
    else labels.set(targetId, { label, timestamp });
  }
  return { entries, labels };
}

function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  // The cut may go through a character that takes two units.
  return `${text.slice(0, maxChars - 1).replace(/\p{Cs}/gu, "")}…`;
}
