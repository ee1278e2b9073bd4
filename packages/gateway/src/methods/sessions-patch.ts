import { SessionsPatchParams } from "../protocol/sessions.ts";
import { toSessionKey } from "../session/session-key.ts";
import { readSettings } from "../session/session-settings.ts";
import { defineMethod } from "./method.ts";

/** `sessions.patch`: sets the label, the thinking level, the model or the queue mode of a session. */
export const sessionsPatch = defineMethod({
  name: "sessions.patch",
  summary:
    "Sets the label, the thinking level, the model or the queue mode of a session; `null` takes a setting back to its default.",
  scope: "operator.write",
  params: SessionsPatchParams,
  async handle({ key, agentId, ...settings }, { sessions, agentId: defaultAgentId }) {
    const sessionKey = toSessionKey(key, agentId ?? defaultAgentId);
    const given = Object.entries(settings).map(([name, value]): [string, string | undefined] => {
      return [name, value ?? undefined];
    });
    const record = await sessions.patch(sessionKey, Object.fromEntries(given));
    const { sessionId, updatedAt, label } = record;
    const { queueMode, thinking: thinkingLevel, model } = readSettings(record);
    return {
      ok: true,
      key: sessionKey,
      entry: { sessionId, updatedAt, label, thinkingLevel, model, queueMode },
    };
  },
});
