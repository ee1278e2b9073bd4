import { readDeferred } from "./deferred.ts";
import { LATE_RESULT } from "./draft.ts";
import type { SessionEntry } from "../entry.ts";
import type { PlacedEntry } from "./place-entry.ts";

/**
 * Where an appended entry is.
 *
 * - `branch` on the active branch as what it is
 * - `deferred` on the branch in a `custom` entry, as tool calls are open; it becomes a message entry when they are answered
 * - `late` on the branch in a `custom` entry for good: a tool result whose call is not open (any more)
 * - `spilled` in the spill file, as the session's disk refused it: `entry` is what it will be, but for its parent
 */
export type Placement = "branch" | "deferred" | "late" | "spilled";

/** What became of one append. */
export interface Appended {
  /** The entry in the file: the `custom` entry that holds the message where it is not on the branch. */
  readonly entry: SessionEntry;
  /** True when the idempotency key was on disk already; `entry` is then the one of the first time. */
  readonly repeated: boolean;
  readonly placement: Placement;
  /** The id of the message on the branch, also while it is deferred: it will have that one. */
  readonly messageId: string;
}

/** What became of an entry that this process wrote. */
export function newlyAppended(placed: PlacedEntry): Appended {
  return placed.isPlain ? new PlainlyAppended(placed) : appendedOf(placed.entry, false);
}

/** Its entry is a property like the others, for who copies or prints them, but is read only if somebody asks for it. */
class PlainlyAppended implements Appended {
  declare readonly entry: SessionEntry;
  declare readonly repeated: boolean;
  declare readonly placement: Placement;
  declare readonly messageId: string;
  readonly #placed: PlacedEntry;

  /** One for all: a getter of each object's own would make each one slow. */
  static readonly #entry: ThisType<PlainlyAppended> & PropertyDescriptor = {
    enumerable: true,
    get() {
      return this.#placed.entry;
    },
  };

  constructor(placed: PlacedEntry) {
    this.#placed = placed;
    Object.defineProperty(this, "entry", PlainlyAppended.#entry);
    this.repeated = false;
    this.placement = "branch";
    this.messageId = placed.id;
  }
}

/** The id that an entry's message has on the branch, or will have. */
export function messageIdOf(placed: PlacedEntry): string {
  return placed.isPlain ? placed.id : (readDeferred(placed.entry)?.messageId ?? placed.id);
}

export function appendedOf(entry: SessionEntry, repeated: boolean): Appended {
  const deferred = readDeferred(entry);
  if (deferred) return { entry, repeated, placement: "deferred", messageId: deferred.messageId };
  const isLate = entry.type === "custom" && entry.customType === LATE_RESULT;
  return { entry, repeated, placement: isLate ? "late" : "branch", messageId: entry.id };
}
