import { draftOfContent, messageIdsOf } from "../append/deferred.ts";
import type { EntryDraft } from "../append/draft.ts";
import { placeEntry } from "../append/place-entry.ts";
import type { SessionEntry } from "../entry.ts";
import type { SessionLog } from "../file/session-log.ts";
import type { SpilledAppend } from "./spill-file.ts";

/**
 * What waits, as entries below the leaf of a session, without what that has already: a crash after it came home, before the
 * spill file was removed, leaves it in both.
 */
export function spilledBehind(
  session: SessionLog,
  waiting: readonly SpilledAppend[],
): readonly SessionEntry[] {
  if (waiting.length === 0) return [];
  const there = messageIdsOf(session.index().entries);
  return entriesOf(
    waiting.filter(({ id }) => !there.has(id)),
    session.leafId,
  );
}

/** What waits, as entries below `leafId`, one below the other. */
export function entriesOf(
  waiting: readonly SpilledAppend[],
  leafId: string | undefined,
): readonly SessionEntry[] {
  let parentId = leafId ?? null;
  return waiting.map((one) => {
    const { entry } = placeEntry(draftOf(one), parentId, one.id);
    parentId = entry.id;
    return entry;
  });
}

export function draftOf({ id, idempotencyKey, content }: SpilledAppend): EntryDraft {
  return { ...draftOfContent(content, idempotencyKey), id };
}
