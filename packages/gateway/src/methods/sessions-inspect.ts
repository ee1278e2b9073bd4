import { inspect } from "../session/inspection.ts";
import { SessionsInspectParams, SessionsInspectResult } from "../protocol/session-inspect.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `sessions.inspect`: why a session does what it does. */
export const sessionsInspect = defineMethod({
  name: "sessions.inspect",
  summary:
    "Who holds the session's write lock, what runs and waits, what the doctor finds in its file, and its newest entries as a tree; `session` is null when there is none of that key. Not in other gateways.",
  scope: "operator.read",
  params: SessionsInspectParams,
  result: SessionsInspectResult,
  async handle({ key, agentId }, { sessions, agentId: defaultAgentId }) {
    const record = await sessions.record(toSessionKey(key, agentId ?? defaultAgentId));
    return { session: record === undefined ? null : await inspect(record, sessions) };
  },
});
