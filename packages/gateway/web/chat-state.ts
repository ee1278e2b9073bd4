import { withEarlier, withNewest, type Pages } from "./history-pages.ts";
import {
  answerId,
  answerRow,
  changeRow,
  ending,
  goingOn,
  isHereAlone,
  promptId,
  promptRow,
  withRow,
  type Row,
} from "./live-rows.ts";
import { settleLostRuns } from "./lost-runs.ts";
import { traceAfter, withTraces, type Trace } from "./traces.ts";
import {
  type ChatEvent,
  type History,
  type PendingInput,
  type SessionOverview,
  type SessionSummary,
} from "./wire.ts";

/** One session as far as this page knows it. */
export interface Conversation {
  /** Which conversation the key stood for when that was asked last; a reset gives it another. */
  readonly sessionId: string | undefined;
  /** What the gateway has sent of the transcript; undefined until the first answer. */
  readonly stored: Pages | undefined;
  /** What happened since, in the order it is shown: written, being written, waiting. */
  readonly live: readonly Row[];
  /** What was stopped before there was anything to keep. */
  readonly traces: readonly Trace[];
  readonly activeRunIds: readonly string[];
  /** Runs that had their terminal event: nothing later changes them. */
  readonly endedRunIds: readonly string[];
  /** Why a run cannot begin, or its end is not on disk yet. */
  readonly runProblem: string | undefined;
  /** Why the history could not be loaded. */
  readonly problem: string | undefined;
}

export interface ChatState {
  /** The session on the screen. */
  readonly sessionKey: string;
  /** Undefined until the gateway has sent the first list. */
  readonly sessions: readonly SessionSummary[] | undefined;
  /** Whether the built-in echo answers, where a session says nothing else. */
  readonly isEcho: boolean;
  readonly conversations: Readonly<Record<string, Conversation>>;
}

/** Something that happened to one session. */
type ConversationAction = { readonly sessionKey: string } & (
  | { readonly type: "history-loaded"; readonly history: History; readonly afterReconnect: boolean }
  | { readonly type: "earlier-loaded"; readonly history: History }
  | { readonly type: "history-failed"; readonly problem: string }
  | ({ readonly type: "sending" } & PendingInput)
  | { readonly type: "accepted"; readonly runId: string; readonly isOver: boolean }
  | { readonly type: "withdrawn"; readonly runId: string }
  | { readonly type: "refused"; readonly runId: string; readonly problem: string }
  | { readonly type: "happened"; readonly event: ChatEvent; readonly at: number }
);

export type ChatAction =
  | { readonly type: "opened"; readonly sessionKey: string }
  | ({ readonly type: "sessions-listed" } & SessionOverview)
  | { readonly type: "session-changed"; readonly sessionKey: string; readonly at: number }
  | ConversationAction;

const EMPTY: Conversation = {
  sessionId: undefined,
  stored: undefined,
  live: [],
  traces: [],
  activeRunIds: [],
  endedRunIds: [],
  runProblem: undefined,
  problem: undefined,
};

export function initialState(sessionKey: string): ChatState {
  return { sessionKey, sessions: undefined, isEcho: false, conversations: {} };
}

export function conversationOf(state: ChatState, sessionKey: string): Conversation {
  return state.conversations[sessionKey] ?? EMPTY;
}

/** Every message of a conversation once: in the order of the transcript, then what still waits. */
export function rowsOf(conversation: Conversation): readonly Row[] {
  return withTraces(messagesOf(conversation), conversation.traces);
}

/** Whether the gateway has anything of this session. */
export function hasMessages(conversation: Conversation): boolean {
  return messagesOf(conversation).some((row) => !isHereAlone(row));
}

export function chatReducer(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "opened":
      return { ...state, sessionKey: action.sessionKey };
    case "sessions-listed":
      return { ...state, sessions: action.sessions, isEcho: action.isEcho };
    case "session-changed":
      return { ...state, sessions: state.sessions && touched(state.sessions, action.sessionKey, action.at) };
    default: {
      const after = reduceConversation(conversationOf(state, action.sessionKey), action);
      return { ...state, conversations: { ...state.conversations, [action.sessionKey]: after } };
    }
  }
}

/** The list with one session moved to its new place, the newest first. */
function touched(sessions: readonly SessionSummary[], key: string, at: number): readonly SessionSummary[] {
  return sessions
    .map((session) => (session.key === key ? { ...session, updatedAt: at } : session))
    .sort((one, other) => (other.updatedAt ?? 0) - (one.updatedAt ?? 0));
}

function reduceConversation(before: Conversation, action: ConversationAction): Conversation {
  const { live } = before;
  switch (action.type) {
    case "history-loaded":
      return mergeHistory(before, action.history, action.afterReconnect);
    case "earlier-loaded":
      return {
        ...before,
        stored: withEarlier(before.stored, storedPages(action.history)),
        problem: undefined,
      };
    case "history-failed":
      return { ...before, problem: action.problem };
    case "sending":
      return { ...before, live: withRow(live, promptRow(action, "sending")) };
    case "accepted":
      return accept(before, action.runId, action.isOver);
    case "refused": {
      const refusal = { status: "unsent", problem: action.problem } as const;
      return { ...before, live: changeRow(live, promptId(action.runId), refusal) };
    }
    case "withdrawn":
      return { ...before, live: live.filter((row) => row.id !== promptId(action.runId)) };
    case "happened":
      return applyEvent(before, action.event, action.at);
  }
}

function messagesOf({ stored, live }: Conversation): readonly Row[] {
  const rows = stored?.rows ?? [];
  const ids = new Set(rows.map((row) => row.id));
  return [...rows, ...live.filter((row) => !ids.has(row.id))];
}

function storedPages(history: History): Pages {
  const rows = history.messages.map((message): Row => ({ ...message, status: "stored", runId: undefined }));
  return { rows, hasMore: history.hasMore };
}

/** A snapshot may be older than an event that overtook it: it adds and confirms, and never takes a message away. */
function mergeHistory(before: Conversation, history: History, afterReconnect: boolean): Conversation {
  const stored = withNewest(before.stored, storedPages(history));
  const ids = new Set(stored.rows.map((row) => row.id));
  // Of one that only a history told, a run of another gateway, no event tells the end: the next history does.
  const heard = new Set(before.live.map((row) => row.runId));
  const seenActive = afterReconnect ? [] : before.activeRunIds.filter((runId) => heard.has(runId));
  const activeRunIds = [...new Set([...seenActive, ...history.activeRunIds])].filter(
    (runId) => !before.endedRunIds.includes(runId) && !ids.has(answerId(runId)),
  );
  const waiting = history.pending.filter((input) => {
    const id = promptId(input.runId);
    const isKnown = ids.has(id) || before.live.some((row) => row.id === id && !isHereAlone(row));
    return !isKnown && !before.endedRunIds.includes(input.runId);
  });
  const isAnother = before.sessionId !== undefined && before.sessionId !== history.sessionId;
  const going = isAnother ? goingOn(before.live, activeRunIds) : before.live;
  const kept = going.filter((row) => !ids.has(row.id));
  const live = waiting.reduce<readonly Row[]>(
    (rows, input) => withRow(rows, promptRow(input, "queued")),
    kept,
  );
  const alive = [...activeRunIds, ...history.pending.map((input) => input.runId)];
  const isWholeQueue = history.pending.length >= history.pendingTotal;
  const merged: Conversation = {
    ...before,
    sessionId: history.sessionId,
    stored,
    traces: isAnother ? [] : before.traces,
    live: afterReconnect ? settleLostRuns(live, alive, isWholeQueue) : live,
    activeRunIds,
    runProblem: history.runProblem,
    problem: undefined,
  };
  const { inFlight } = history;
  if (inFlight === undefined || !activeRunIds.includes(inFlight.runId)) return merged;
  // It may be older than an event that this page has had.
  const isHeard = !afterReconnect && live.some((row) => row.id === answerId(inFlight.runId));
  return isHeard ? merged : applyEvent(merged, inFlight, Date.now());
}

function accept(before: Conversation, runId: string, isOver: boolean): Conversation {
  const prompt = before.live.find((row) => row.id === promptId(runId));
  // The first event of the run may overtake the acknowledgement; then it is past waiting.
  if (prompt?.status !== "sending" && prompt?.status !== "unsent") return before;
  const hasEnded = isOver || before.endedRunIds.includes(runId);
  const mustWait = !hasEnded && before.activeRunIds.some((active) => active !== runId);
  return {
    ...before,
    live: changeRow(before.live, prompt.id, { status: mustWait ? "queued" : "stored", problem: undefined }),
    activeRunIds: hasEnded || mustWait ? before.activeRunIds : [runId],
  };
}

function applyEvent(before: Conversation, event: ChatEvent, at: number): Conversation {
  if (event.kind === "note") {
    const note: Row = { ...event.message, at: event.message.at ?? at, status: "stored", runId: undefined };
    return { ...before, live: withRow(before.live, note) };
  }
  const { runId } = event;
  if (before.endedRunIds.includes(runId)) return before;
  // A run that speaks has left the queue: its prompt is in the transcript, before all that is written from now on.
  const live = changeRow(before.live, promptId(runId), { status: "stored", problem: undefined });
  const otherRunIds = before.activeRunIds.filter((active) => active !== runId);
  const soFar = live.find((row) => row.id === answerId(runId))?.text ?? "";
  const answer: Row = { ...answerRow(runId), text: event.text ?? soFar, at };
  if (event.kind === "progress") {
    const text = event.text ?? (event.replaces ? event.delta : soFar + event.delta);
    return {
      ...before,
      // Nothing said is no row; what was said before tool calls is in the transcript with them.
      live: text === "" ? live.filter((row) => row.id !== answer.id) : withRow(live, { ...answer, text }),
      activeRunIds: [...otherRunIds, runId],
    };
  }
  const ended = { activeRunIds: otherRunIds, endedRunIds: [...before.endedRunIds, runId] };
  // The gateway keeps no blank answer either.
  const isBlank = answer.text.trim() === "";
  if (event.kind === "stopped" && isBlank) return { ...before, ...ended, ...stopBlank(before, answer) };
  const isSilent = event.kind === "final" && isBlank;
  return { ...before, ...ended, live: isSilent ? live : withRow(live, { ...answer, ...ending(event) }) };
}

/** A stop that found nothing to keep: in the queue, or before the first word. */
function stopBlank(before: Conversation, answer: Row): Pick<Conversation, "live" | "traces"> {
  const queued = before.live.find((row) => row.runId === answer.runId && row.status === "queued");
  const row: Row = { ...(queued ?? answer), status: "stored", outcome: "stopped" };
  const live = before.live.filter((other) => other !== queued && other.id !== answer.id);
  return { live, traces: [...before.traces, traceAfter(messagesOf(before), row)] };
}
