import type { SessionEntry } from "@session-lock/transcript";
import type { Static } from "@sinclair/typebox";
import { deltaCursor, messagesAfter } from "../session/delta-cursor.ts";
import { readHistory } from "../session/history.ts";
import { readReceipts } from "../session/input-receipts.ts";
import { readPending, readPendingPage } from "../session/pending-inputs.ts";
import { GatewayError } from "../errors.ts";
import {
  ChatHistoryParams,
  ChatHistoryResult,
  type HistoryPart,
  type PresentState,
} from "../protocol/chat-history.ts";
import type { Session } from "../session/session.ts";
import type { Sent } from "../protocol/sent.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 1_000;

/** `chat.history`: what is on the active branch, what waits, and whether a run is active. */
export const chatHistory = defineMethod({
  name: "chat.history",
  summary:
    "What is on the active branch, what waits, whether a run is active and what it has said. With `cursor`, only the messages since that `deltaCursor`, as `kind` `delta`; `kind` `reset` when they cannot be told; that answer, and one to `pendingBefore`, has at most 20 of what waits, the other one all.",
  scope: "operator.read",
  params: ChatHistoryParams,
  result: ChatHistoryResult,
  async handle(params, { sessions, agentId }) {
    const sessionKey = toSessionKey(params.sessionKey, params.agentId ?? agentId);
    const found = await sessions.find(sessionKey, async (session) => {
      // State first: what moves from waiting to active or to the messages meanwhile is in one or both, never nowhere.
      const state = await presentState(sessionKey, session, params);
      const branch = await session.transcript.branch();
      return { ...historyOf(params, session.transcript.sessionId, branch), ...state };
    });
    return (
      found ?? {
        ...historyOf(params, undefined, []),
        ...(await presentState(sessionKey, undefined, params)),
      }
    );
  },
});

type Asked = Static<typeof ChatHistoryParams>;
function historyOf(
  { limit = DEFAULT_LIMIT, offset = 0, maxChars, maxBytes, cursor, messageId }: Asked,
  sessionId: string | undefined,
  branch: readonly SessionEntry[],
): HistoryPart {
  const facts = sessionId === undefined ? {} : { sessionId, deltaCursor: deltaCursor(sessionId, branch) };
  if (cursor === undefined) {
    const newer = messageId === undefined ? 0 : countAfter(messageId, branch);
    const page = { limit: Math.min(limit, MAX_LIMIT), offset: newer + offset, maxChars, maxBytes };
    return { ...facts, ...readHistory(branch, page) };
  }
  const news = sessionId === undefined ? undefined : messagesAfter(cursor, sessionId, branch);
  // Too much to be news, or another conversation: the client begins anew.
  if (news === undefined || news > MAX_LIMIT) return { kind: "reset" };
  const rows = readHistory(branch, { limit: news, offset: 0, maxChars, maxBytes });
  return rows.messages.length < news
    ? { kind: "reset" }
    : { kind: "delta", ...facts, messages: rows.messages };
}

function countAfter(messageId: string, branch: readonly SessionEntry[]): number {
  const at = branch.findIndex(({ type, id }) => type === "message" && id === messageId);
  if (at < 0) throw new GatewayError("INVALID_REQUEST", "the message is not on the active branch");
  return branch.slice(at + 1).filter(({ type }) => type === "message").length;
}

async function presentState(
  sessionKey: string,
  session: Session | undefined,
  { cursor, pendingBefore, inputRunIds }: Asked,
): Promise<Sent<PresentState>> {
  const activeRunId = session?.activeRunId;
  const activeRunIds =
    activeRunId === undefined ? ((await session?.queue.runsElsewhere()) ?? []) : [activeRunId];
  const entries = (await session?.transcript.entries()) ?? [];
  const isPaged = cursor !== undefined || pendingBefore !== undefined;
  const receipts = inputRunIds && { inputReceipts: readReceipts(entries, inputRunIds) };
  const active = activeRunId === undefined ? undefined : session?.board.run(activeRunId);
  const [soFar] = active?.since(-1) ?? [];
  return {
    sessionKey,
    pendingInputs: isPaged ? readPendingPage(entries, pendingBefore) : readPending(entries),
    ...receipts,
    sessionInfo: {
      hasActiveRun: activeRunIds.length > 0,
      activeRunIds,
      activeLeafEntryId: session?.transcript.leafId,
      problem: session?.problem,
    },
    ...(soFar?.state === "delta" ? { inFlightRun: soFar } : {}),
  };
}
