import type { SessionEntry } from "../entry.ts";

/**
 * As much of an entry as decides where it hangs. In a file of version 4 `parentId` may be absent, which is not the same
 * as null.
 */
export interface Navigable {
  readonly type: string;
  readonly id: string;
  readonly parentId?: string | null;
  readonly appendMode?: unknown;
  readonly targetId?: unknown;
  readonly appendParentId?: unknown;
}

interface Node {
  readonly parentId: string | null;
  /** `void` is a leaf control that names what is not there: it moves nothing. */
  readonly kind: "entry" | "control" | "void";
}

/** The first format version that rules what hangs below a reset, and what an entry without a parent continues. */
const RULED_VERSION = 4;
/** What version 4 counts as the conversation; an entry of any other type never becomes its leaf. */
const SPOKEN = new Set([
  "message",
  "thinking_level_change",
  "model_change",
  "compaction",
  "reset",
  "branch_summary",
  "custom",
  "custom_message",
  "label",
  "session_info",
  "usage",
  "context_edit",
]);

/** True for an entry behind which the leaf is another one: a `leaf` control, or an entry beside the active branch. */
export function movesLeaf(entry: object): boolean {
  return ("type" in entry && entry.type === "leaf") || ("appendMode" in entry && entry.appendMode === "side");
}

/** True where what an entry continues need not be the parent that it names: only all entries before it tell. */
export function needsNavigation(version: number): boolean {
  return version >= RULED_VERSION;
}

/** True for an entry behind which it is the leaf itself, whatever was before it. */
export function becomesLeaf(entry: SessionEntry, version: number): boolean {
  return !movesLeaf(entry) && (!needsNavigation(version) || SPOKEN.has(entry.type));
}

/**
 * Where the leaf is in a session that moves it, as OpenClaw (since 2026.6) does in files of version 3 and 4.
 *
 * A `leaf` entry makes `targetId` the leaf. `appendParentId` of such an entry, and an entry with `appendMode: "side"`, say
 * where the next line hangs by its letter while it continues the leaf by its meaning; `take` gives each entry the parent it
 * has by its meaning. In version 4 nothing leaves the conversation below the newest `reset`.
 *
 * Take each entry of the file once, in order.
 */
export class Navigation {
  readonly #isRuled: boolean;
  readonly #nodes = new Map<string, Node>();
  #leafId: string | null = null;
  #appendParentId: string | null = null;
  /** The newest reset and all below it; undefined before the first one. */
  #belowReset: Set<string> | undefined;

  constructor(version: number) {
    this.#isRuled = needsNavigation(version);
  }

  get leafId(): string | undefined {
    return this.#leafId ?? undefined;
  }

  /** False for a control that moved nothing, as it names an entry that is not there. */
  isInForce(controlId: string): boolean {
    return this.#nodes.get(controlId)?.kind === "control";
  }

  /** The parent that the entry has by its meaning; for a control, the entry it makes the leaf. */
  take(entry: Navigable): string | null {
    if (entry.type === "leaf") return this.#takeControl(entry);
    const isSide = entry.appendMode === "side";
    const isSpoken = !this.#isRuled || SPOKEN.has(entry.type);
    const parentId = isSpoken ? this.#spokenParent(entry, isSide) : (entry.parentId ?? null);
    this.#place(entry.id, parentId, "entry");
    if (this.#isRuled && entry.type === "reset") this.#belowReset = new Set([entry.id]);
    this.#appendParentId = entry.id;
    if (isSpoken && !isSide) this.#leafId = entry.id;
    return parentId;
  }

  #spokenParent({ parentId }: Navigable, isSide: boolean): string | null {
    const isLeft = !isSide && (this.#isCutOff(parentId) || this.#isCursorOnly(parentId));
    const due = parentId === undefined || isLeft ? this.#leafId : parentId;
    return this.#withoutControls(due);
  }

  /** By the rules of version 4: the parent is unknown, or lies before the newest reset. */
  #isCutOff(parentId: string | null | undefined): boolean {
    if (!this.#isRuled || parentId === undefined) return false;
    if (this.#belowReset) return parentId === null || !this.#belowReset.has(parentId);
    return parentId !== null && !this.#nodes.has(parentId) && this.#leafId !== null;
  }

  /** The entry hangs where the last line was put, which is not where the conversation is. */
  #isCursorOnly(parentId: string | null | undefined): boolean {
    return parentId === this.#appendParentId && this.#leafId !== this.#appendParentId;
  }

  #takeControl(control: Navigable): string | null {
    const parentId = control.parentId ?? null;
    const { targetId, appendParentId = targetId, appendMode } = control;
    const isWellFormed = isReference(targetId) && isReference(appendParentId);
    if (!isWellFormed || (appendMode !== undefined && appendMode !== "side")) return parentId;
    // A control that leads out of the conversation since the reset stays in it.
    const isOut = this.#belowReset !== undefined && (targetId === null || !this.#belowReset.has(targetId));
    const leafId = isOut ? this.#leafId : targetId;
    const cursor = isOut ? this.#leafId : appendParentId;
    if (!this.#isKnown(leafId) || !this.#isKnown(cursor)) {
      this.#place(control.id, parentId, "void");
      return parentId;
    }
    this.#place(control.id, leafId, "control");
    this.#leafId = this.#withoutControls(leafId);
    this.#appendParentId = cursor;
    return leafId;
  }

  #isKnown(id: string | null): boolean {
    if (id === null) return true;
    const node = this.#nodes.get(id);
    return node !== undefined && node.kind !== "void";
  }

  #place(id: string, parentId: string | null, kind: Node["kind"]): void {
    this.#nodes.set(id, { parentId, kind });
    if (parentId !== null && this.#belowReset?.has(parentId)) this.#belowReset.add(id);
  }

  #withoutControls(id: string | null): string | null {
    const seen = new Set<string>();
    let at = id;
    while (at !== null && !seen.has(at)) {
      const node = this.#nodes.get(at);
      if (node === undefined || node.kind === "entry") return at;
      seen.add(at);
      at = node.parentId;
    }
    return at;
  }
}

/** The entry below the parent it has by its meaning: itself where that is the one it names. */
export function navigated(entry: SessionEntry, navigation: Navigation): SessionEntry {
  const parentId = navigation.take(entry);
  return entry.parentId === parentId ? entry : { ...entry, parentId };
}

function isReference(value: unknown): value is string | null {
  return value === null || (typeof value === "string" && value.trim() !== "");
}
