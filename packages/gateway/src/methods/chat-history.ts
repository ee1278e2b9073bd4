import { readHistory } from "../history.ts";
import { ChatHistoryParams } from "../protocol/chat.ts";
import type { Session } from "../session.ts";
import { toSessionKey } from "../session-key.ts";
import { defineMethod } from "./method.ts";

const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 1_000;
const MAX_PENDING_ROWS = 20;

/** `chat.history`: what is on the active branch, what waits, and whether a run is active. */
export const chatHistory = defineMethod({
  name: "chat.history",
  summary: "What is on the active branch, what waits, and whether a run is active.",
  scope: "operator.read",
  params: ChatHistoryParams,
  async handle(params, { sessions, agentId }) {
    const { limit = DEFAULT_LIMIT, offset = 0, maxChars } = params;
    const sessionKey = toSessionKey(params.sessionKey, params.agentId ?? agentId);
    const page = { limit: Math.min(limit, MAX_LIMIT), offset, maxChars };
    const found = await sessions.find(sessionKey, async (session) => {
      // State first: what moves from waiting to active or to the messages meanwhile is in one or both, never nowhere.
      const state = presentState(session);
      const rows = readHistory(await session.transcript.branch(), page);
      return { sessionKey, sessionId: session.transcript.sessionId, ...rows, ...state };
    });
    return found ?? { sessionKey, ...readHistory([], page), ...presentState(undefined) };
  },
});

function presentState(session: Session | undefined): object {
  const pending = session?.pendingInputs() ?? [];
  const activeRunId = session?.activeRunId;
  return {
    pendingInputs: { items: pending.slice(0, MAX_PENDING_ROWS), total: pending.length },
    sessionInfo: {
      hasActiveRun: activeRunId !== undefined,
      activeRunIds: activeRunId === undefined ? [] : [activeRunId],
      activeLeafEntryId: session?.transcript.leafId,
    },
  };
}
