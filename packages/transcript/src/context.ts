import type { SessionEntry } from "./entry.ts";
import { movesLeaf } from "./file/navigation.ts";
import { SessionIndex } from "./file/session-index.ts";
import { contextOf, projectBranch, shownEntries } from "./manager/session-projection.ts";
import type { SessionContext, SessionProjection } from "./manager/session-projection.ts";

export { contextOf } from "./manager/session-projection.ts";
export type { SessionContext, SessionModel } from "./manager/session-projection.ts";

/**
 * The context of a list of entries, with pi's signature, as the two that follow.
 *
 * `leafId` absent means the last entry (or the one that OpenClaw's `leaf` entries lead to), null means before the first one.
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
  given?: ReadonlyMap<string, SessionEntry>,
): SessionEntry[] {
  if (leafId === null) return [];
  if (leafId === undefined && entries.some(movesLeaf)) return activeBranch(entries);
  const byId = given ?? new Map(entries.map((entry) => [entry.id, entry]));
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

/** The list does not say its version, but resets are in files of one version only. */
function activeBranch(entries: readonly SessionEntry[]): SessionEntry[] {
  const version = entries.some(({ type }) => type === "reset") ? 4 : 3;
  const index = new SessionIndex(undefined, version);
  for (const entry of entries) index.add(entry);
  return index.branch(index.leafId);
}
