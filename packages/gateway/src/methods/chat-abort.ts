import { GatewayError } from "../errors.ts";
import { ChatAbortParams, Stopped } from "../protocol/chat.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/**
 * `chat.abort`: stops one run, or all of a session. Answers at once; what the run had said is written down before its
 * `aborted` event goes out.
 */
export const chatAbort = defineMethod({
  name: "chat.abort",
  summary:
    "Stops one run, or, without `runId`, the active and all waiting ones of a session. Answers at once; what a run had said is on disk before its `aborted` event goes out.",
  scope: "operator.write",
  params: ChatAbortParams,
  result: Stopped,
  async handle({ sessionKey, agentId, runId }, { sessions, agentId: defaultAgentId }) {
    const key = toSessionKey(sessionKey, agentId ?? defaultAgentId);
    if (
      runId !== undefined &&
      sessions.peek(key)?.hasRun(runId) !== true &&
      sessions.live().some((other) => other.hasRun(runId))
    ) {
      throw new GatewayError("INVALID_REQUEST", "the run belongs to another session");
    }
    const runIds = (await sessions.find(key, (session) => session.abortEverywhere(runId, "rpc"))) ?? [];
    return { ok: true as const, aborted: runIds.length > 0, runIds };
  },
});
