import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { SessionRecord, SessionStore } from "@session-lock/transcript";
import { beingReplaced } from "../lane/admission.ts";
import { refuseOtherSession } from "./session-identity.ts";

/*
 * Changes of what a key stands for, made when the runs of its session have ended. By then another gateway may have given
 * the key a new session, whose runs nobody has ended: that one is refused, and stays.
 */

/** Gives the key of a session a new, empty one with the same settings. Throws `UNAVAILABLE` when it has another already. */
export async function renewKey(
  store: SessionStore,
  sessionKey: string,
  endedId: string,
): Promise<SessionRecord> {
  const sessionId = randomUUID();
  const sessionFile = join(store.storePath, `${sessionId}.jsonl`);
  const record = await store.update(sessionKey, (before) => {
    refuseOtherSession(endedId, before?.sessionId, beingReplaced);
    return { sessionId, sessionFile };
  });
  if (record === undefined) throw beingReplaced();
  return record;
}

/** Forgets the key of a session; false when somebody else has. What `check` throws, given the record, keeps it. */
export function forgetKey(
  store: SessionStore,
  sessionKey: string,
  { endedId, check }: { readonly endedId: string; readonly check: (record: SessionRecord) => void },
): Promise<boolean> {
  return store.delete(sessionKey, {
    check: (record) => {
      refuseOtherSession(endedId, record.sessionId, beingReplaced);
      check(record);
    },
  });
}
