import { ChatReplayParams, ChatReplayResult } from "../protocol/chat.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

/** `chat.replay`: what a client that was away has missed of a run. */
export const chatReplay = defineMethod({
  name: "chat.replay",
  summary:
    "The `chat` events of a run after `afterSeq` (-1 for all), the deltas among them joined into one; all of them, as one that says `replace`, when the number is of another process. A run that has ended gives its terminal event, also when an earlier process ended it.",
  scope: "operator.read",
  params: ChatReplayParams,
  result: ChatReplayResult,
  async handle({ sessionKey: rawKey, agentId, runId, afterSeq }, { sessions, agentId: defaultAgentId }) {
    const sessionKey = toSessionKey(rawKey, agentId ?? defaultAgentId);
    const events = await sessions.find(sessionKey, async (session) => {
      const told = session.board.run(runId)?.since(afterSeq);
      return told ?? [await session.outcome(runId)].filter((event) => event !== undefined);
    });
    return { runId, events: events ?? [] };
  },
});
