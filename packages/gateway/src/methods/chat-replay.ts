import { ChatReplayParams } from "../protocol/chat.ts";
import type { ChatEvent } from "../protocol/chat.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `chat.replay`: what a client that was away has missed of a run. */
export const chatReplay = defineMethod({
  name: "chat.replay",
  summary:
    "The `chat` events of a run after `afterSeq` (-1 for all), the deltas among them joined into one. A run that has ended gives its terminal event, also when an earlier process ended it.",
  scope: "operator.read",
  params: ChatReplayParams,
  async handle(
    { sessionKey: rawKey, agentId, runId, afterSeq },
    { sessions, board, agentId: defaultAgentId },
  ) {
    const sessionKey = toSessionKey(rawKey, agentId ?? defaultAgentId);
    const ofSession = (event: ChatEvent): boolean => event.sessionKey === sessionKey;
    const told = board.since(runId, afterSeq)?.filter(ofSession);
    if (told !== undefined) return { runId, events: told };
    const stored = await sessions.find(sessionKey, (session) => session.outcome(runId));
    return { runId, events: stored === undefined ? [] : [stored] };
  },
});
