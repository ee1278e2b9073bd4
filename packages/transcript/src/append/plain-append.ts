import { newlyAppended } from "./appended.ts";
import type { Appended } from "./appended.ts";
import type { Disk } from "../file/disk.ts";
import { keptFiles } from "../file/kept-files.ts";
import { placeEntry } from "./place-entry.ts";
import type { SessionLog } from "../file/session-log.ts";
import type { AppendRequest } from "./stage-request.ts";
import { announce } from "../updates.ts";
import type { OwnersRight } from "./write-right.ts";

/**
 * What an `AppendBatch` comes to for nearly every append: one entry that is known to be plain and has no key, at an end that
 * is known and where nothing waits. It makes the same system calls in the same order, and leaves out what a batch is for.
 * Undefined, with nothing done, for every other.
 */
export function appendPlain(
  log: SessionLog,
  right: OwnersRight,
  { drafts, expected }: AppendRequest,
  disk: Disk,
): Appended | undefined {
  if (expected !== undefined || typeof drafts === "function" || drafts.length !== 1) return undefined;
  const draft = drafts[0];
  if (draft?.isPlain !== true || draft.idempotencyKey !== undefined || draft.id !== undefined)
    return undefined;
  const lent = keptFiles.lend(log.path, disk);
  if (lent === undefined) return undefined;
  try {
    const end = log.quietEnd(lent.stat, right.epoch);
    if (end === undefined) return undefined;
    const placed = placeEntry(draft, end.leafId ?? null);
    right.assertWritable();
    const length = lent.file.append(placed.line, end.size, log);
    right.assertUnbroken();
    log.acceptPlain(placed, length);
    const { path: sessionFile, header } = log;
    announce(() => ({ sessionFile, sessionId: header.id, entries: [placed.entry] }));
    return newlyAppended(placed);
  } finally {
    keptFiles.giveBack(lent.file);
  }
}
