import type { SessionRecord, SessionRecordPatch } from "./session-record.ts";

// Fields that are decided on together. Any other field is a group of its own, under its own name.
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  session: ["sessionId", "sessionFile"],
  override: [
    "providerOverride",
    "modelOverride",
    "modelOverrideSource",
    "authProfileOverride",
    "authProfileOverrideSource",
  ],
  usage: ["inputTokens", "outputTokens", "totalTokens", "totalTokensFresh", "contextTokens"],
  delivery: ["deliveryContext", "lastChannel", "lastTo", "lastAccountId", "lastThreadId"],
};

const GROUP_OF = new Map(
  Object.entries(GROUPS).flatMap(([group, fields]) => fields.map((field) => [field, group])),
);

/** Stands for every group that was not changed since the record was made. */
const MADE = "*";

/** What the store itself says of a record. A patch cannot set it. */
const RESERVED: ReadonlySet<string> = new Set(["sessionKey", "createdAt", "updatedAt", "groupVersions"]);

/** The fields that a patch changes, without those that are not its to set. */
export function patchedFields(patch: SessionRecordPatch): readonly (readonly [string, unknown])[] {
  return Object.entries(patch).filter(
    ([field, value]) => !RESERVED.has(field) && (value !== undefined || groupOf(field) !== "session"),
  );
}

/** The groups of these fields, each once. */
export function groupsOf(fields: readonly string[]): readonly string[] {
  return [...new Set(fields.map(groupOf))];
}

/** Those of `groups` that are another version now than in `seen`: all of them when the record was made or deleted since. */
export function changedGroups(
  groups: readonly string[],
  seen: SessionRecord | undefined,
  now: SessionRecord | undefined,
): readonly string[] {
  if (seen === undefined || now === undefined) return seen === now ? [] : groups;
  return groups.filter((group) => versionOf(group, seen) !== versionOf(group, now));
}

/** The versions after a change of `groups`. `epoch` is that of the record's lock, so a version never comes back. */
export function nextVersions(
  before: SessionRecord | undefined,
  groups: readonly string[],
  epoch: number,
): Readonly<Record<string, number>> {
  const known = before?.groupVersions ?? {};
  const next = Math.max(epoch, ...Object.values(known).map((version) => version + 1));
  const changed = before === undefined ? [MADE, ...groups] : groups;
  return { ...known, ...Object.fromEntries(changed.map((group) => [group, next])) };
}

/** Names that a field may have which is of no such group. */
const TAKEN: ReadonlySet<string> = new Set([MADE, ...Object.keys(GROUPS)]);

function groupOf(field: string): string {
  return GROUP_OF.get(field) ?? (TAKEN.has(field) ? `field ${field}` : field);
}

function versionOf(group: string, { groupVersions }: SessionRecord): number | undefined {
  return groupVersions[group] ?? groupVersions[MADE];
}
