import { readHistory } from "../session/history.ts";
import { ChatMessageGetParams, ChatMessageGetResult } from "../protocol/chat.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `chat.message.get`: one message in full. */
export const chatMessageGet = defineMethod({
  name: "chat.message.get",
  summary: "One message of the active branch by its entry id, in full unless `maxChars` says otherwise.",
  scope: "operator.read",
  params: ChatMessageGetParams,
  result: ChatMessageGetResult,
  async handle({ sessionKey: rawKey, agentId, messageId, maxChars }, { sessions, agentId: defaultAgentId }) {
    const sessionKey = toSessionKey(rawKey, agentId ?? defaultAgentId);
    const message = await sessions.find(sessionKey, async ({ transcript }) => {
      const branch = await transcript.branch();
      const end = branch.findIndex((entry) => entry.type === "message" && entry.id === messageId);
      return readHistory(branch.slice(0, end + 1), { limit: 1, offset: 0, maxChars, wholeImages: true })
        .messages[0];
    });
    if (message === undefined) return { ok: false as const, unavailableReason: "not_found" as const };
    return { ok: true as const, message };
  },
});
