import { SessionsResetParams } from "../protocol/sessions.ts";
import { SessionsResetResult } from "../protocol/session-results.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `sessions.reset`: the key begins a new conversation. */
export const sessionsReset = defineMethod({
  name: "sessions.reset",
  summary:
    "Stops what runs and waits, then gives the key a new, empty session with the same settings. The old transcript stays on disk.",
  scope: "operator.admin",
  params: SessionsResetParams,
  result: SessionsResetResult,
  async handle({ key, agentId, reason = "reset" }, { sessions, hub, agentId: defaultAgentId }) {
    const sessionKey = toSessionKey(key, agentId ?? defaultAgentId);
    const { sessionId, updatedAt } = await sessions.reset(sessionKey);
    hub.sessionChanged({ sessionKey, sessionId, reason, ts: updatedAt });
    return { ok: true as const, key: sessionKey, entry: { sessionId, updatedAt } };
  },
});
