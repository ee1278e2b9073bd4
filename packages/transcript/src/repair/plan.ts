import type { InvariantCode } from "../validate/codes.ts";
import type { Navigable } from "../file/navigation.ts";
import type { Turn } from "../validate/turn.ts";

/** One thing that repair does, or would do. */
export interface RepairStep {
  /** The rule that asked for it. */
  readonly code: InvariantCode;
  readonly action:
    | "add-header"
    | "move-header"
    | "reject"
    | "salvage"
    | "end-line"
    | "re-encode"
    | "set-id"
    | "set-parent"
    | "set-kept"
    | "stand-in"
    | "migrate";
  /** Line of the file as it was, from 1. */
  readonly line: number;
  readonly entryId?: string;
  readonly message: string;
}

/** A part of the file as it is. */
export interface Range {
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** A line of the repaired file: a part of the old one or a text, with the members that change in it. */
export interface Draft {
  /** Line of the old file it comes from. */
  readonly line: number;
  readonly from: Range | { readonly text: string };
  /** Brought back from a line that could not be read. */
  readonly isSalvaged: boolean;
  readonly type: string;
  id: string | undefined;
  /** What the line says, which may be anything. */
  parentId: unknown;
  readonly timestamp: string | undefined;
  readonly firstKeptEntryId: unknown;
  /** The same in version 1: a place among the objects of the file, of which the header is the first, 0. */
  readonly firstKeptEntryIndex: unknown;
  readonly turn: Turn | undefined;
  /** How it moves the leaf, if it does. */
  readonly moving: Pick<Navigable, "appendMode" | "targetId" | "appendParentId"> | undefined;
  /** New values, as JSON, by member. */
  readonly edits: Map<string, string>;
}

/** A repair before it is written. Filled stage by stage: the lines, the header, the tree. */
export interface Plan {
  readonly steps: RepairStep[];
  /** The lines of the repaired file. */
  drafts: Draft[];
  /** The objects of the file as it was, as readers of version 1 number them; undefined for one that is no entry. */
  readonly listed: (Draft | undefined)[];
  /** What goes to the .rej file. */
  readonly rejects: Range[];
  /** By id, the parent of an entry whose line could not be read. */
  readonly lost: Map<string, string | null>;
  /** What the first header says; undefined while there is none. `"other"`: a format this package cannot repair. */
  format: 1 | 2 | 3 | 4 | "other" | undefined;
}
