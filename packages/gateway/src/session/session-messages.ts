import type { SessionEntry } from "@session-lock/transcript";
import { readHistory } from "./history.ts";
import type { Hub } from "../connection/hub.ts";
import type { Session } from "./session.ts";

/** Tells those who follow a session of messages that were stored just now, with their places on the branch. */
export async function tellMessages(
  { sessionKey, transcript }: Session,
  stored: readonly SessionEntry[],
  hub: Hub,
): Promise<void> {
  const ids = new Set(stored.flatMap((entry) => (entry.type === "message" ? [entry.id] : [])));
  if (ids.size === 0) return;
  const branch = await transcript.branch();
  const { messages } = readHistory(branch, { limit: branch.length, offset: 0 });
  for (const { __openclaw: place, ...message } of messages) {
    if (!ids.has(place.id)) continue;
    const row = { ...message, __openclaw: place };
    hub.sessionMessage(sessionKey, { sessionKey, message: row, messageId: place.id, messageSeq: place.seq });
  }
}
