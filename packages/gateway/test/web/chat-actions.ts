// What the page and the gateway tell the state of the chat, and what is shown of it.
import {
  chatReducer,
  conversationOf,
  initialState,
  rowsOf,
  type ChatAction,
  type ChatState,
} from "../../web/chat-state.ts";
import { readChatEvent, readHistory, type History } from "../../web/wire.ts";

export const KEY = "agent:main:main";
const START = initialState(KEY);

export function after(...actions: readonly ChatAction[]): ChatState {
  return actions.reduce(chatReducer, START);
}

export function shown(state: ChatState): readonly string[] {
  return rowsOf(conversationOf(state, KEY)).map(
    (row) => `${row.author} ${row.status} ${row.outcome}: ${row.text}`,
  );
}

export function active(state: ChatState): readonly string[] {
  return conversationOf(state, KEY).activeRunIds;
}

export function content(text: string) {
  return [{ type: "text", text }];
}

export function sending(runId: string, text = `ask ${runId}`): ChatAction {
  return { type: "sending", sessionKey: KEY, runId, text, pictures: [], at: 1 };
}

export function accepted(runId: string, isOver = false): ChatAction {
  return { type: "accepted", sessionKey: KEY, runId, isOver };
}

export function refused(runId: string): ChatAction {
  return { type: "refused", sessionKey: KEY, runId, problem: "too large" };
}

/** An event as the gateway sends it, read by the page's own reader. */
export function happened(runId: string, state: string, text?: string, more: object = {}): ChatAction {
  const message = text === undefined ? {} : { message: { role: "assistant", content: content(text) } };
  const event = readChatEvent({ runId, sessionKey: KEY, seq: 0, state, ...message, ...more });
  if (event === undefined) throw new Error(`The page does not understand a ${state} event.`);
  return { type: "happened", sessionKey: KEY, event, at: 2 };
}

export function note(id: string, text: string): ChatAction {
  return happened(`inject-${id}`, "final", text);
}

interface HistoryParts {
  readonly messages?: readonly object[];
  readonly waiting?: readonly string[];
  readonly sessionId?: string;
  readonly running?: readonly string[];
  /** What the first of them has said. */
  readonly said?: string;
  readonly afterReconnect?: boolean;
  readonly hasMore?: boolean;
  readonly waitingInAll?: number;
}

export function history(parts: HistoryParts): ChatAction {
  const { afterReconnect = false } = parts;
  return { type: "history-loaded", sessionKey: KEY, history: historyOf(parts), afterReconnect };
}

/** The page before the one that is known. */
export function earlier(parts: HistoryParts): ChatAction {
  return { type: "earlier-loaded", sessionKey: KEY, history: historyOf(parts) };
}

/** What `chat.history` answers, read by the page's own reader. */
export function historyOf(parts: HistoryParts): History {
  const { sessionId = "first", messages = [], waiting = [], running = [], hasMore = false } = parts;
  const items = waiting.map((runId) => ({
    id: `entry-${runId}`,
    runId,
    message: { role: "user", content: content(`ask ${runId}`) },
    acceptedAt: 1,
    state: "queued",
  }));
  const pendingInputs = { items, total: parts.waitingInAll ?? items.length };
  const inFlightRun = parts.said !== undefined && {
    ...{ runId: running[0], sessionKey: KEY, seq: 3, state: "delta", deltaText: parts.said },
    message: { role: "assistant", content: content(parts.said) },
  };
  const sessionInfo = { activeRunIds: running };
  return readHistory({ sessionId, messages, hasMore, pendingInputs, sessionInfo, inFlightRun });
}

export function storedPrompt(runId: string) {
  return { role: "user", content: content(`ask ${runId}`), timestamp: 1, idempotencyKey: `${runId}:user` };
}

export function storedAnswer(runId: string, text: string, more: object = {}) {
  return {
    role: "assistant",
    content: content(text),
    timestamp: 2,
    idempotencyKey: `${runId}:assistant`,
    ...more,
  };
}

export function storedNote(id: string, text: string) {
  return { role: "assistant", model: "gateway-injected", content: content(text), timestamp: 2, id };
}
