import { GatewayError } from "../errors.ts";
import { SessionsDeleteParams } from "../protocol/sessions.ts";
import { MAIN_SESSION_KEY, toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `sessions.delete`: the key is forgotten. */
export const sessionsDelete = defineMethod({
  name: "sessions.delete",
  summary:
    "Stops what runs and waits, then forgets the key. The transcript stays on disk, so `deleteTranscript: true` is refused, and so is the main session.",
  scope: "operator.admin",
  params: SessionsDeleteParams,
  async handle({ key, agentId, deleteTranscript }, { sessions, hub, agentId: defaultAgentId }) {
    if (deleteTranscript === true)
      throw new GatewayError("INVALID_REQUEST", "transcripts are not deleted by the gateway");
    const sessionKey = toSessionKey(key, agentId ?? defaultAgentId);
    if (sessionKey === MAIN_SESSION_KEY)
      throw new GatewayError("INVALID_REQUEST", "the main session cannot be deleted, only reset");
    const deleted = await sessions.delete(sessionKey);
    if (deleted) hub.sessionChanged({ sessionKey, reason: "delete", ts: Date.now() });
    return { ok: true, key: sessionKey, deleted, archived: [] };
  },
});
