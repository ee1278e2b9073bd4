import { beginsGroup } from "./branch-end.ts";
import { draftOfDeferred } from "./deferred.ts";
import type { SessionEntry } from "../entry.ts";
import { placeEntry } from "./place-entry.ts";
import { ToolGroup } from "./tool-group.ts";

/**
 * The branch as it will be when its open tool calls are answered: what is deferred comes last. Nothing is written.
 *
 * A model that is asked now is asked after those messages too, or a session whose run was killed would hide them. They have
 * the time of their deferral, so that what the model is asked is the same whenever it is.
 */
export function settled(branch: readonly SessionEntry[]): readonly SessionEntry[] {
  const { pending } = ToolGroup.of(branch.slice(Math.max(0, branch.findLastIndex(beginsGroup))));
  if (pending.length === 0) return branch;
  const entries = [...branch];
  for (const deferred of pending) {
    const parentId = entries.at(-1)?.id ?? null;
    const { entry } = placeEntry(draftOfDeferred(deferred), parentId, deferred.messageId);
    entries.push({ ...entry, timestamp: deferred.timestamp });
  }
  return entries;
}
