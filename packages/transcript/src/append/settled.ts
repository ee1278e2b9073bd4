import { draftOfDeferred } from "./deferred.ts";
import type { SessionEntry } from "../entry.ts";
import { placeEntry } from "./place-entry.ts";
import { ToolGroup } from "./tool-group.ts";

/**
 * The branch as it will be when its open tool calls are answered: what is deferred comes last. Nothing is written.
 *
 * A model that is asked now is asked after those messages too, or a session whose run was killed would hide them.
 */
export function settled(branch: readonly SessionEntry[]): readonly SessionEntry[] {
  const entries = [...branch];
  for (const deferred of ToolGroup.of(branch).pending) {
    const parentId = entries.at(-1)?.id ?? null;
    entries.push(placeEntry(draftOfDeferred(deferred), parentId, deferred.messageId).entry);
  }
  return entries;
}
