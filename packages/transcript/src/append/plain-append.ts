import { newlyAppended } from "./appended.ts";
import type { Appended } from "./appended.ts";
import type { Disk } from "../file/disk.ts";
import { keptFiles } from "../file/kept-files.ts";
import { placeEntry } from "./place-entry.ts";
import type { SessionLog } from "../file/session-log.ts";
import type { AppendRequest } from "./stage-request.ts";
import { announce } from "../updates.ts";
import type { WriteRight } from "./write-right.ts";

/**
 * What an `AppendBatch` comes to for nearly every append: one entry that is known to be plain and has no key, at an end that
 * is known and where nothing waits. It makes the same system calls in the same order, and leaves out what a batch is for.
 * Undefined, with nothing done, for every other.
 */
export function appendPlain(
  log: SessionLog,
  right: WriteRight,
  { drafts, expected }: AppendRequest,
  disk: Disk,
): Appended | undefined {
  if (expected !== undefined || typeof drafts === "function" || drafts.length !== 1) return undefined;
  const [draft] = drafts;
  if (draft?.isPlain !== true || draft.idempotencyKey !== undefined || draft.id !== undefined)
    return undefined;
  const lent = keptFiles.lend(log.path, disk);
  if (lent === undefined) return undefined;
  try {
    const end = log.quietEnd(lent.stat, right.epoch);
    if (end === undefined) return undefined;
    const placed = placeEntry(draft, end.leafId ?? null);
    const bytes = Buffer.from(placed.line);
    right.assertWritable();
    lent.file.append(bytes, end.size, log);
    right.assertHeld();
    log.accept({ placed: [placed], bytes });
    const { path: sessionFile, header } = log;
    announce(() => ({ sessionFile, sessionId: header.id, entries: [placed.entry] }));
    return newlyAppended(placed);
  } finally {
    keptFiles.giveBack(lent.file);
  }
}
