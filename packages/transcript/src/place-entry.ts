import { randomBytes } from "node:crypto";
import { decodeEntry, decodeLine } from "./decode.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry } from "./entry.ts";
import { TranscriptError } from "./errors.ts";
import { CURRENT_SESSION_VERSION } from "./header.ts";

/** An entry and its line, which say the same. */
export interface PlacedEntry {
  readonly entry: SessionEntry;
  readonly line: string;
}

/**
 * Gives a draft its id, parent and time. What comes back is read from the line itself, so memory never differs from disk.
 */
export function placeEntry(draft: EntryDraft, parentId: string | null, id = newEntryId()): PlacedEntry {
  const line = draft.encode({ id, parentId, timestamp: new Date().toISOString() });
  const fields = decodeLine(line);
  const entry = fields && decodeEntry(fields, CURRENT_SESSION_VERSION, 0);
  if (entry === undefined) throw new TranscriptError("INVALID_MESSAGE", "the entry does not survive JSON");
  return { entry, line };
}

/** 64 random bits: no index is needed to know that it is new. */
export function newEntryId(): string {
  return randomBytes(8).toString("hex");
}
