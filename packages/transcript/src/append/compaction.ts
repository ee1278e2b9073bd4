import { contextOf } from "../context.ts";
import { isFields } from "../context/fields.ts";
import { assertBody } from "./draft.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { draftCompaction } from "../manager/pi-drafts.ts";
import { ToolGroup, turnOfEntry } from "./tool-group.ts";

/** What a summariser makes of a branch. */
export interface Compaction {
  /** What a model is given in the place of everything before the kept entry. */
  readonly summary: string;
  /** The first entry of the branch that stays in the context as it is. */
  readonly firstKeptEntryId: string;
  /** The size of the context before, in tokens. */
  readonly tokensBefore: number;
  readonly details?: unknown;
}

/** Throws `INVALID_MESSAGE` for what is none, and for what is no JSON: ask it before the write is shared with others. */
export function assertCompaction(compaction: unknown): void {
  if (
    !isFields(compaction) ||
    typeof compaction["summary"] !== "string" ||
    compaction["summary"].trim() === ""
  )
    throw new TranscriptError(
      "INVALID_MESSAGE",
      "a compaction needs a summary: it takes the place of the entries",
    );
  assertBody(compaction);
}

/**
 * The entry for a summary that was made from `before`, if it is still true of the branch `now`.
 *
 * A `CONFLICT` when the kept entry is not on the branch any more, when somebody else compacted it meanwhile, or when the
 * cut would part a tool call from its results.
 */
export function draftOfCompaction(
  { summary, firstKeptEntryId, tokensBefore, details }: Compaction,
  before: readonly SessionEntry[],
  now: readonly SessionEntry[],
  sessionFile: string,
): EntryDraft | TranscriptError {
  const conflict = (why: string) =>
    new TranscriptError("CONFLICT", `cannot compact ${sessionFile}: ${why}`, { sessionFile });
  const at = now.findIndex(({ id }) => id === firstKeptEntryId);
  const kept = now[at];
  if (kept === undefined) return conflict(`the kept entry ${firstKeptEntryId} is not on its branch`);
  if (newestBoundary(before)?.id !== newestBoundary(now)?.id)
    return conflict("it was compacted while the summary was made");
  if (at < now.findLastIndex(({ type }) => type === "reset"))
    return conflict(`the kept entry ${firstKeptEntryId} lies before the newest reset`);
  if (turnOfEntry(kept)?.role === "result" || ToolGroup.of(now.slice(0, at)).isOpen)
    return conflict(`the kept entry ${firstKeptEntryId} is between a tool call and its results`);
  return draftCompaction([summary, firstKeptEntryId, tokensBefore, details], () => contextOf(now).messages);
}

function newestBoundary(branch: readonly SessionEntry[]): SessionEntry | undefined {
  return branch.findLast(({ type }) => type === "compaction" || type === "reset");
}
