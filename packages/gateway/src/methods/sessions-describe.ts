import { SessionsDescribeParams } from "../protocol/sessions.ts";
import { SessionsDescribeResult } from "../protocol/session-results.ts";
import { keptFields } from "../session/kept-fields.ts";
import { toSessionKey } from "../session/session-key.ts";
import { readSettings } from "../session/session-settings.ts";
import { defineMethod } from "./method.ts";

/** `sessions.describe`: one session and its settings. */
export const sessionsDescribe = defineMethod({
  name: "sessions.describe",
  summary: "One session with its settings; `session` is null when there is none of that key.",
  scope: "operator.read",
  params: SessionsDescribeParams,
  result: SessionsDescribeResult,
  async handle({ key }, { sessions }) {
    const sessionKey = toSessionKey(key);
    const record = await sessions.record(sessionKey);
    if (record === undefined) return { session: null };
    const { sessionId, createdAt, updatedAt, label } = record;
    const { queueMode, thinking: thinkingLevel, model } = readSettings(record);
    const hasActiveRun = sessions.peek(sessionKey)?.activeRunId !== undefined;
    const settings = { label, thinkingLevel, model, queueMode, ...keptFields(record) };
    return {
      session: {
        key: sessionKey,
        kind: "direct" as const,
        sessionId,
        createdAt,
        updatedAt,
        ...settings,
        hasActiveRun,
      },
    };
  },
});
