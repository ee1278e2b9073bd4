import { SessionsMessagesParams } from "../protocol/sessions.ts";
import { SessionsMessagesResult } from "../protocol/session-results.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod, type Method } from "./method.ts";

/** `sessions.messages.subscribe` and its opposite. */
export const sessionsMessages: readonly Method[] = [true, false].map((follows) =>
  defineMethod({
    name: follows ? "sessions.messages.subscribe" : "sessions.messages.unsubscribe",
    summary: follows
      ? "From now on this connection gets `session.message` for every message that is stored in the session."
      : "From now on this connection gets no `session.message` of the session.",
    scope: "operator.read",
    params: SessionsMessagesParams,
    result: SessionsMessagesResult,
    handle({ key, agentId }, { agentId: defaultAgentId }, { caller }) {
      const sessionKey = toSessionKey(key, agentId ?? defaultAgentId);
      caller.followMessages(sessionKey, follows);
      return { subscribed: follows, key: sessionKey };
    },
  }),
);
