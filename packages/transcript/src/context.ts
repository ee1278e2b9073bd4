import type { SessionEntry } from "./entry.ts";
import { projectBranch, shownEntries } from "./session-projection.ts";
import type { SessionContext, SessionProjection } from "./session-projection.ts";

export type { SessionContext, SessionModel } from "./session-projection.ts";

/** Builds the context of a branch that runs from the root to the leaf, as pi does. */
export function contextOf(branch: readonly SessionEntry[]): SessionContext {
  const { messages, thinkingLevel, model } = projectBranch(branch);
  return { messages, thinkingLevel, model };
}

/**
 * The context of a list of entries, with pi's signature, as the two that follow.
 *
 * `leafId` absent means the last entry, null means before the first one.
 */
export function buildSessionContext(
  entries: readonly SessionEntry[],
  leafId?: string | null,
  byId?: ReadonlyMap<string, SessionEntry>,
): SessionContext {
  return contextOf(branchOf(entries, leafId, byId));
}

/** As `buildSessionContext`, and tells which entry each message comes from. */
export function buildSessionProjection(
  entries: readonly SessionEntry[],
  leafId?: string | null,
  byId?: ReadonlyMap<string, SessionEntry>,
): SessionProjection {
  return projectBranch(branchOf(entries, leafId, byId));
}

/** The entries that are in the context: the newest compaction first, then what it keeps, then what follows it. */
export function buildContextEntries(
  entries: readonly SessionEntry[],
  leafId?: string | null,
  byId?: ReadonlyMap<string, SessionEntry>,
): SessionEntry[] {
  return shownEntries(branchOf(entries, leafId, byId));
}

function branchOf(
  entries: readonly SessionEntry[],
  leafId: string | null | undefined,
  byId: ReadonlyMap<string, SessionEntry> = new Map(entries.map((entry) => [entry.id, entry])),
): SessionEntry[] {
  if (leafId === null) return [];
  const branch = new Set<SessionEntry>();
  let entry = (leafId === undefined ? undefined : byId.get(leafId)) ?? entries.at(-1);
  for (
    ;
    entry && !branch.has(entry);
    entry = entry.parentId === null ? undefined : byId.get(entry.parentId)
  ) {
    branch.add(entry);
  }
  return [...branch].reverse();
}
