import type { SessionEntry } from "@session-lock/transcript";

/** The place up to which a client knows a session: the session and its newest message, so that a reset is noticed. */
export function deltaCursor(sessionId: string, branch: readonly SessionEntry[]): string {
  const newest = branch.findLast((entry) => entry.type === "message");
  return `${sessionId}:${newest?.id ?? ""}`;
}

/** How many messages came after the cursor; undefined when its place is not on the branch any more. */
export function messagesAfter(
  cursor: string,
  sessionId: string,
  branch: readonly SessionEntry[],
): number | undefined {
  const [session, entryId] = cursor.split(":");
  if (session !== sessionId || entryId === undefined) return undefined;
  const ids = branch.flatMap((entry) => (entry.type === "message" ? [entry.id] : []));
  if (entryId === "") return ids.length;
  const index = ids.indexOf(entryId);
  return index < 0 ? undefined : ids.length - 1 - index;
}
