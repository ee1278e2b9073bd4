import type { SessionRecord } from "@session-lock/transcript";
import type { Static } from "@sinclair/typebox";
import { GatewayError } from "../errors.ts";
import { SessionsDeleteParams } from "../protocol/sessions.ts";
import { SessionsDeleteResult } from "../protocol/session-results.ts";
import { changedAt } from "../session/changed-at.ts";
import { refuseOtherSession } from "../session/session-identity.ts";
import { MAIN_SESSION_KEY, toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `sessions.delete`: the key is forgotten. */
export const sessionsDelete = defineMethod({
  name: "sessions.delete",
  summary:
    "Stops what runs and waits, then forgets the key. The transcript stays on disk, so `deleteTranscript: true` is refused, and so is the main session.",
  scope: "operator.admin",
  params: SessionsDeleteParams,
  result: SessionsDeleteResult,
  async handle({ key, agentId, ...asked }, { sessions, hub, agentId: defaultAgentId }) {
    if (asked.deleteTranscript === true)
      throw new GatewayError("INVALID_REQUEST", "transcripts are not deleted by the gateway");
    const sessionKey = toSessionKey(key, agentId ?? defaultAgentId);
    if (sessionKey === MAIN_SESSION_KEY)
      throw new GatewayError("INVALID_REQUEST", "the main session cannot be deleted, only reset");
    const record = await sessions.record(sessionKey);
    if (record !== undefined) {
      await refuseChanged(asked, record);
      refuseOther(asked, record);
    }
    // Its runs are stopped by then, which has changed the transcript.
    const deleted = await sessions.delete(sessionKey, (last) => refuseOther(asked, last));
    if (deleted) hub.sessionChanged({ sessionKey, reason: "delete", ts: Date.now() });
    return { ok: true as const, key: sessionKey, deleted, archived: [] };
  },
});

type Asked = Pick<
  Static<typeof SessionsDeleteParams>,
  "expectedSessionId" | "expectedSessionUpdatedAt" | "archivedOnly"
>;

/** Whoever says which session is meant must not lose another one. */
function refuseOther({ expectedSessionId, archivedOnly = false }: Asked, record: SessionRecord): void {
  refuseOtherSession(expectedSessionId, record.sessionId);
  if (archivedOnly && record["archived"] !== true)
    throw new GatewayError("INVALID_REQUEST", "the session is not archived");
}

async function refuseChanged(
  { expectedSessionUpdatedAt: seen }: Asked,
  record: SessionRecord,
): Promise<void> {
  // `sessions.describe` tells when the record was changed, `sessions.list` when the transcript was, too.
  const changes = [record.updatedAt, await changedAt(record)];
  if (seen === undefined || changes.includes(seen)) return;
  const details = { reason: "session-changed" };
  throw new GatewayError("INVALID_REQUEST", "the session has changed meanwhile", { details });
}
