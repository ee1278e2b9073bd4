import { GatewayError } from "../errors.ts";
import { cleanText } from "../session/input-text.ts";
import { ChatInjectParams, ChatInjectResult } from "../protocol/chat.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `chat.inject`: acknowledged when the note is on disk, on the active branch, whether or not a run is active. */
export const chatInject = defineMethod({
  name: "chat.inject",
  summary:
    "Puts a note into the conversation. Answered when it is on disk, on the active branch, whether or not a run is active.",
  scope: "operator.admin",
  params: ChatInjectParams,
  result: ChatInjectResult,
  async handle(params, { sessions, agentId }) {
    sessions.refuseWhileDraining();
    const message = cleanText(params.message, "message");
    const label = params.label === undefined ? undefined : cleanText(params.label, "label");
    const sessionKey = toSessionKey(params.sessionKey, params.agentId ?? agentId);
    const messageId = await sessions.find(sessionKey, (session) => session.inject(message, label));
    if (messageId === undefined) throw new GatewayError("INVALID_REQUEST", "session not found");
    return { ok: true as const, messageId };
  },
});
