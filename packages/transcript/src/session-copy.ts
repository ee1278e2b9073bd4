import { draftPlain } from "./draft.ts";
import type { SessionEntry, SessionHeader } from "./entry.ts";
import { TranscriptError } from "./errors.ts";
import { encodeHeader } from "./header.ts";
import { piSessionFile } from "./pi-layout.ts";
import { placeEntry } from "./place-entry.ts";
import { ensureFolder, publishFile } from "./session-file.ts";
import type { SessionIndex } from "./session-index.ts";

/** Writes a whole new session, in a file named after its header. Nobody else can know the name yet: no lock. */
export function writeNewSession(
  folder: string,
  header: SessionHeader,
  entries: readonly SessionEntry[],
): string {
  const file = piSessionFile(folder, header);
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
  ensureFolder(folder);
  if (publishFile(file, encodeHeader(header) + lines.join(""))) return file;
  throw new TranscriptError("CONFLICT", `${file} exists already`, { sessionFile: file });
}

/**
 * The entries of a session that has only the branch to `leafId`: those of the branch without its label entries, each
 * below the nearest one that stays, then one label entry for each label that still has its target.
 */
export function branchedEntries(index: SessionIndex, leafId: string): SessionEntry[] {
  const kept: SessionEntry[] = [];
  for (const entry of index.branch(leafId)) {
    if (entry.type !== "label") kept.push({ ...entry, parentId: kept.at(-1)?.id ?? null });
  }
  const ids = new Set(kept.map((entry) => entry.id));
  for (const [targetId, { label }] of index.labels) {
    if (!ids.has(targetId)) continue;
    kept.push(placeEntry(draftPlain("label", { targetId, label }), kept.at(-1)?.id ?? null).entry);
  }
  return kept;
}
