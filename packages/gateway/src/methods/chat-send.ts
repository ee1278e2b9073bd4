import { GatewayError } from "../errors.ts";
import { cleanText } from "../input-text.ts";
import { ChatSendParams } from "../protocol/chat.ts";
import { toSessionKey } from "../session-key.ts";
import { defineMethod } from "./method.ts";

const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1_000;

/** `chat.send`: acknowledged when the input is on disk; the answer follows as `chat` events under its run id. */
export const chatSend = defineMethod({
  name: "chat.send",
  scope: "operator.write",
  params: ChatSendParams,
  async handle(params, { sessions, agentId }) {
    const { sessionId, idempotencyKey: runId, thinking, queueMode, timeoutMs = 0 } = params;
    const sessionKey = toSessionKey(params.sessionKey, params.agentId ?? agentId);
    const message = cleanText(params.message, "message");
    const input = {
      runId,
      message,
      acceptedAt: Date.now(),
      ...(thinking === undefined ? {} : { thinking }),
      ...(queueMode === undefined ? {} : { queueMode }),
      ...(timeoutMs === 0 ? {} : { timeoutMs: Math.min(timeoutMs, MAX_TIMEOUT_MS) }),
    };
    return sessions.ensure(sessionKey, (session) => {
      if (sessionId !== undefined && sessionId !== session.transcript.sessionId) {
        throw new GatewayError("INVALID_REQUEST", "the session key belongs to another session by now");
      }
      return session.accept(input);
    });
  },
});
