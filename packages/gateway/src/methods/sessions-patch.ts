import { SessionsPatchParams } from "../protocol/sessions.ts";
import { SessionsPatchResult } from "../protocol/session-results.ts";
import { KEPT_FIELDS, keptFields } from "../session/kept-fields.ts";
import { refuseOtherSession } from "../session/session-identity.ts";
import { toSessionKey } from "../session/session-key.ts";
import { readSettings } from "../session/session-settings.ts";
import { defineMethod } from "./method.ts";

/** What a record holds of it; the other parameters have no effect. */
const STORED: ReadonlySet<string> = new Set(["label", "thinkingLevel", "model", "queueMode", ...KEPT_FIELDS]);

/** `sessions.patch`: sets the label, the thinking level, the model or the queue mode of a session. */
export const sessionsPatch = defineMethod({
  name: "sessions.patch",
  summary:
    "Sets what a session is set to, and what clients show each other; `null` takes a setting back. A restriction that nothing here would hold to is refused.",
  scope: "operator.write",
  params: SessionsPatchParams,
  result: SessionsPatchResult,
  async handle({ key, agentId, expectedSessionId, ...asked }, { sessions, hub, agentId: defaultAgentId }) {
    const sessionKey = toSessionKey(key, agentId ?? defaultAgentId);
    // Here, so that no session is made for nothing, and below under the lock.
    refuseOtherSession(expectedSessionId, (await sessions.record(sessionKey))?.sessionId);
    const given = Object.entries(asked)
      .filter(([name]) => STORED.has(name))
      .map(([name, value]): [string, unknown] => [name, value ?? undefined]);
    const record = await sessions.patch(sessionKey, Object.fromEntries(given), (before) =>
      refuseOtherSession(expectedSessionId, before.sessionId),
    );
    const { sessionId, updatedAt, label } = record;
    const { queueMode, thinking: thinkingLevel, model } = readSettings(record);
    hub.sessionChanged({ sessionKey, sessionId, reason: "patch", ts: updatedAt });
    return {
      ok: true as const,
      key: sessionKey,
      entry: { sessionId, updatedAt, label, thinkingLevel, model, queueMode, ...keptFields(record) },
    };
  },
});
