import { describe, expect, test } from "vitest";
import {
  chatReducer,
  conversationOf,
  initialState,
  rowsOf,
  type ChatAction,
  type ChatState,
} from "../../web/chat-state.ts";
import { readChatEvent, readHistory, type History } from "../../web/wire.ts";

const KEY = "agent:main:main";
const START = initialState(KEY);

function after(...actions: readonly ChatAction[]): ChatState {
  return actions.reduce(chatReducer, START);
}

function shown(state: ChatState): readonly string[] {
  return rowsOf(conversationOf(state, KEY)).map(
    (row) => `${row.author} ${row.status} ${row.outcome}: ${row.text}`,
  );
}

function active(state: ChatState): readonly string[] {
  return conversationOf(state, KEY).activeRunIds;
}

function content(text: string) {
  return [{ type: "text", text }];
}

function sending(runId: string, text = `ask ${runId}`): ChatAction {
  return { type: "sending", sessionKey: KEY, runId, text, pictures: [], at: 1 };
}

function accepted(runId: string, isOver = false): ChatAction {
  return { type: "accepted", sessionKey: KEY, runId, isOver };
}

function refused(runId: string): ChatAction {
  return { type: "refused", sessionKey: KEY, runId, problem: "too large" };
}

/** An event as the gateway sends it, read by the page's own reader. */
function happened(runId: string, state: string, text?: string, more: object = {}): ChatAction {
  const message = text === undefined ? {} : { message: { role: "assistant", content: content(text) } };
  const event = readChatEvent({ runId, sessionKey: KEY, seq: 0, state, ...message, ...more });
  if (event === undefined) throw new Error(`The page does not understand a ${state} event.`);
  return { type: "happened", sessionKey: KEY, event, at: 2 };
}

function note(id: string, text: string): ChatAction {
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

function history(parts: HistoryParts): ChatAction {
  const { afterReconnect = false } = parts;
  return { type: "history-loaded", sessionKey: KEY, history: historyOf(parts), afterReconnect };
}

/** The page before the one that is known. */
function earlier(parts: HistoryParts): ChatAction {
  return { type: "earlier-loaded", sessionKey: KEY, history: historyOf(parts) };
}

/** What `chat.history` answers, read by the page's own reader. */
function historyOf(parts: HistoryParts): History {
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

function storedPrompt(runId: string) {
  return { role: "user", content: content(`ask ${runId}`), timestamp: 1, idempotencyKey: `${runId}:user` };
}

function storedAnswer(runId: string, text: string, more: object = {}) {
  return {
    role: "assistant",
    content: content(text),
    timestamp: 2,
    idempotencyKey: `${runId}:assistant`,
    ...more,
  };
}

function storedNote(id: string, text: string) {
  return { role: "assistant", model: "gateway-injected", content: content(text), timestamp: 2, id };
}

describe("a key that is given another conversation", () => {
  test("what was said and stopped in the former one is off the page with it", () => {
    const stopped = [
      ...[sending("a"), accepted("a"), happened("a", "delta", "echo:"), history({ running: ["a"] })],
      ...[
        sending("b"),
        accepted("b"),
        happened("a", "aborted", "echo:"),
        happened("b", "aborted", undefined),
      ],
    ];

    expect(shown(after(...stopped, history({ sessionId: "second" })))).toEqual([]);
  });

  test("a message that the new one has before its history tells stays", () => {
    const state = after(
      ...[history({}), happened("a", "final", "done"), sending("b"), accepted("b"), sending("c")],
      history({ sessionId: "second" }),
    );

    expect(shown(state)).toEqual(["person stored complete: ask b", "person sending complete: ask c"]);
  });

  test("the first message of a key begins its conversation and stays on the page", () => {
    const none = { ...historyOf({}), sessionId: undefined };
    const unknown: ChatAction = {
      type: "history-loaded",
      sessionKey: KEY,
      history: none,
      afterReconnect: false,
    };

    const state = after(unknown, sending("a"), accepted("a"), happened("a", "final", "done"), history({}));

    expect(shown(state)).toEqual(["person stored complete: ask a", "assistant stored complete: done"]);
  });
});

describe("one run", () => {
  test("a sent message is on the page before the gateway has it", () => {
    expect(shown(after(sending("a")))).toEqual(["person sending complete: ask a"]);
  });

  test("an answer grows with its events and ends once", () => {
    const begun = after(sending("a"), accepted("a"), happened("a", "delta", "echo:"));
    expect(shown(begun)).toEqual(["person stored complete: ask a", "assistant streaming complete: echo:"]);
    expect(active(begun)).toEqual(["a"]);

    const ended = [happened("a", "delta", "echo: ask"), happened("a", "final", "echo: ask a")].reduce(
      chatReducer,
      begun,
    );
    expect(shown(ended)).toEqual(["person stored complete: ask a", "assistant stored complete: echo: ask a"]);
    expect(active(ended)).toEqual([]);
  });

  test("pieces without the text so far are joined", () => {
    const state = after(
      happened("a", "delta", undefined, { deltaText: "echo: " }),
      happened("a", "delta", undefined, { deltaText: "ask" }),
    );
    expect(shown(state)).toEqual(["assistant streaming complete: echo: ask"]);
  });

  test("a piece that replaces what came before does so", () => {
    const state = after(
      happened("a", "delta", undefined, { deltaText: "wrong" }),
      happened("a", "delta", undefined, { deltaText: "right", replace: true }),
    );
    expect(shown(state)).toEqual(["assistant streaming complete: right"]);
  });

  test("a second terminal event and a late piece change nothing", () => {
    const ended = after(sending("a"), accepted("a"), happened("a", "final", "whole"));
    const later = [
      happened("a", "delta", "who"),
      happened("a", "error"),
      happened("a", "final", "again"),
    ].reduce(chatReducer, ended);
    expect(conversationOf(later, KEY)).toEqual(conversationOf(ended, KEY));
  });

  test("a final that overtakes the acknowledgement leaves no run behind", () => {
    const state = after(sending("a"), happened("a", "final", "fast"), accepted("a"));
    expect(shown(state)).toEqual(["person stored complete: ask a", "assistant stored complete: fast"]);
    expect(active(state)).toEqual([]);
  });

  test("a final without a text is no empty bubble", () => {
    const state = after(sending("a"), accepted("a"), happened("a", "final"));
    expect(shown(state)).toEqual(["person stored complete: ask a"]);
  });

  test("a stopped run keeps what it had said", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      happened("a", "delta", "echo: on"),
      happened("a", "aborted"),
    );
    expect(shown(state)).toEqual(["person stored complete: ask a", "assistant stored stopped: echo: on"]);
  });

  test("a queued message that is cancelled gets no answer, and keeps its place whatever comes later", () => {
    const cancelled = after(
      sending("a"),
      accepted("a"),
      happened("a", "delta", "on"),
      sending("b"),
      accepted("b"),
      happened("b", "aborted"),
    );
    expect(active(cancelled)).toEqual(["a"]);
    const later = [
      happened("a", "final", "one"),
      sending("c"),
      accepted("c"),
      happened("c", "final", "three"),
    ];
    const messages = [
      storedPrompt("a"),
      storedAnswer("a", "one"),
      storedPrompt("c"),
      storedAnswer("c", "three"),
    ];
    const state = [...later, history({ messages })].reduce(chatReducer, cancelled);
    expect(shown(state)).toEqual([
      "person stored complete: ask a",
      "assistant stored complete: one",
      "person stored stopped: ask b",
      "person stored complete: ask c",
      "assistant stored complete: three",
    ]);
    expect(shown(later.reduce(chatReducer, cancelled))).toEqual(shown(state));
  });

  test("an answer stopped before its first word is said to be, after its question", () => {
    const stopped = after(sending("a"), accepted("a"), happened("a", "aborted"), sending("b"), accepted("b"));
    const expected = [
      "person stored complete: ask a",
      "assistant stored stopped: ",
      "person stored complete: ask b",
    ];
    expect(shown(stopped)).toEqual(expected);
    expect(shown(chatReducer(stopped, history({ messages: [storedPrompt("a")], running: ["b"] })))).toEqual(
      expected,
    );
  });

  test("a failed run says why", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      happened("a", "error", undefined, { errorMessage: "no model" }),
    );
    expect(rowsOf(conversationOf(state, KEY)).at(-1)).toMatchObject({
      outcome: "failed",
      problem: "no model",
    });
    expect(active(state)).toEqual([]);
  });

  test("a refused message stays with its reason and can be sent again or taken back", () => {
    const state = after(sending("a"), refused("a"));
    expect(rowsOf(conversationOf(state, KEY))).toMatchObject([
      { status: "unsent", problem: "too large", text: "ask a" },
    ]);
    expect(shown(chatReducer(state, sending("a")))).toEqual(["person sending complete: ask a"]);
    expect(shown(chatReducer(state, { type: "withdrawn", sessionKey: KEY, runId: "a" }))).toEqual([]);
  });

  test("a message that the gateway had answered long ago is not waited for", () => {
    const state = after(sending("a"), accepted("a", true));
    expect(active(state)).toEqual([]);
    expect(shown(state)).toEqual(["person stored complete: ask a"]);
  });
});

describe("order", () => {
  test("a queued message stays below the answer before it, and each is answered in its place", () => {
    const queued = after(
      sending("a"),
      accepted("a"),
      sending("b"),
      accepted("b"),
      happened("a", "delta", "one"),
    );
    expect(shown(queued)).toEqual([
      "person stored complete: ask a",
      "assistant streaming complete: one",
      "person queued complete: ask b",
    ]);

    const answered = [
      happened("a", "final", "one"),
      happened("b", "delta", "two"),
      happened("b", "final", "two"),
    ];
    expect(shown(answered.reduce(chatReducer, queued))).toEqual([
      "person stored complete: ask a",
      "assistant stored complete: one",
      "person stored complete: ask b",
      "assistant stored complete: two",
    ]);
  });

  test("a note during a run stands before the answer, as it does in the transcript", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      happened("a", "delta", "one"),
      note("n", "look"),
      happened("a", "final", "one"),
    );
    expect(shown(state)).toEqual([
      "person stored complete: ask a",
      "note stored complete: look",
      "assistant stored complete: one",
    ]);
  });
});

describe("history", () => {
  const past = [storedPrompt("a"), storedNote("n", "look"), storedAnswer("a", "one")];

  test("what was seen live is not shown twice once the history has it", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      note("n", "look"),
      happened("a", "final", "one"),
      history({ messages: past }),
    );
    expect(shown(state)).toEqual(shown(after(history({ messages: past }))));
    expect(shown(state)).toHaveLength(3);
  });

  test("an event that comes after the history that holds it shows nothing twice", () => {
    const state = after(history({ messages: past }), note("n", "look"), happened("a", "final", "one"));
    expect(shown(state)).toHaveLength(3);
  });

  test("a history older than the events takes nothing away", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      happened("a", "final", "one"),
      sending("b"),
      history({}),
    );
    expect(shown(state)).toEqual([
      "person stored complete: ask a",
      "assistant stored complete: one",
      "person sending complete: ask b",
    ]);
  });

  test("a history older than the end of a run does not wake it", () => {
    const state = after(
      happened("a", "final", "one"),
      history({ messages: [storedPrompt("a")], running: ["a"] }),
    );
    expect(active(state)).toEqual([]);
  });

  test("a run under way and waiting inputs of others are known from the history", () => {
    const state = after(history({ messages: [storedPrompt("a")], running: ["a"], waiting: ["b"] }));
    expect(active(state)).toEqual(["a"]);
    expect(shown(state)).toEqual(["person stored complete: ask a", "person queued complete: ask b"]);
  });

  test("what a run has said before the page was opened is shown, unless an event has told more", () => {
    const said = { messages: [storedPrompt("a")], running: ["a"], said: "echo:" };
    const opened = after(history(said));
    const overtaken = after(happened("a", "delta", "echo: ask"), history(said));
    const over = after(history({ ...said, messages: [storedPrompt("a"), storedAnswer("a", "echo: ask a")] }));

    expect(shown(opened)).toEqual(["person stored complete: ask a", "assistant streaming complete: echo:"]);
    expect(shown(overtaken).at(-1)).toBe("assistant streaming complete: echo: ask");
    expect(shown(over).at(-1)).toBe("assistant stored complete: echo: ask a");
    expect([active(opened), active(overtaken), active(over)]).toEqual([["a"], ["a"], []]);
  });

  test("a run that only a history told of, another gateway's, is over when the next one does not tell of it", () => {
    const known = after(history({ messages: [storedPrompt("a")], running: ["a"] }));

    expect(active(known)).toEqual(["a"]);
    expect(active(chatReducer(known, history({ messages: [storedPrompt("a")] })))).toEqual([]);
  });

  test("a waiting input of this page is shown once", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      sending("b"),
      accepted("b"),
      history({ waiting: ["b"] }),
    );
    expect(shown(state)).toEqual(["person stored complete: ask a", "person queued complete: ask b"]);
  });

  test("a stored partial, a stored failure and a mirror are marked", () => {
    const state = after(
      history({
        messages: [
          storedAnswer("a", "half", { model: "gateway-injected", openclawAbort: { aborted: true } }),
          storedAnswer("b", "no", { stopReason: "error", errorMessage: "no model" }),
          { role: "assistant", model: "delivery-mirror", content: content("posted"), id: "m" },
        ],
      }),
    );
    expect(shown(state)).toEqual([
      "assistant stored stopped: half",
      "assistant stored failed: no",
      "mirror stored complete: posted",
    ]);
  });

  test("earlier pages stay while newer ones come in, each message once", () => {
    const begun = after(history({ messages: [storedPrompt("b"), storedPrompt("c")], hasMore: true }));
    const paged = chatReducer(begun, earlier({ messages: [storedPrompt("a"), storedPrompt("b")] }));
    const newest = history({ messages: [storedPrompt("c"), storedPrompt("d")], hasMore: true });
    const state = chatReducer(paged, newest);
    expect(rowsOf(conversationOf(state, KEY)).map((row) => row.text)).toEqual([
      "ask a",
      "ask b",
      "ask c",
      "ask d",
    ]);
    expect(conversationOf(begun, KEY).stored?.hasMore).toBe(true);
    expect(conversationOf(state, KEY).stored?.hasMore).toBe(false);
  });

  test("a page that does not reach what is known leaves no hole: the older ones have to be asked for again", () => {
    const state = after(
      history({ messages: [storedPrompt("a")] }),
      history({ messages: [storedPrompt("y"), storedPrompt("z")], hasMore: true }),
    );
    expect(rowsOf(conversationOf(state, KEY)).map((row) => row.text)).toEqual(["ask y", "ask z"]);
    expect(conversationOf(state, KEY).stored?.hasMore).toBe(true);
  });

  test("a failure to load is told, and forgotten with the next success", () => {
    const failed = after({ type: "history-failed", sessionKey: KEY, problem: "disk" });
    expect(conversationOf(failed, KEY).problem).toBe("disk");
    expect(conversationOf(chatReducer(failed, history({})), KEY).problem).toBeUndefined();
  });
});

describe("after a broken connection", () => {
  test("a run that goes on goes on", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      happened("a", "delta", "on"),
      history({ messages: [storedPrompt("a")], running: ["a"], afterReconnect: true }),
      happened("a", "final", "one"),
    );
    expect(shown(state)).toEqual(["person stored complete: ask a", "assistant stored complete: one"]);
  });

  test("a run that ended meanwhile shows its stored answer and is no longer active", () => {
    const messages = [storedPrompt("a"), storedAnswer("a", "one")];
    const state = after(
      sending("a"),
      accepted("a"),
      happened("a", "delta", "on"),
      history({ messages, afterReconnect: true }),
    );
    expect(shown(state)).toEqual(["person stored complete: ask a", "assistant stored complete: one"]);
    expect(active(state)).toEqual([]);
  });

  test("a run the gateway does not know any more is marked as failed, with its text", () => {
    const state = after(
      sending("a"),
      accepted("a"),
      happened("a", "delta", "on"),
      history({ messages: [storedPrompt("a")], afterReconnect: true }),
    );
    expect(shown(state)).toEqual(["person stored complete: ask a", "assistant stored failed: on"]);
    expect(active(state)).toEqual([]);
  });

  test("a queued message that the gateway does not list is offered again, unless the list was cut", () => {
    const queued = after(sending("a"), accepted("a"), sending("b"), accepted("b"));
    const cut = history({
      messages: [storedPrompt("a")],
      running: ["a"],
      waitingInAll: 30,
      afterReconnect: true,
    });
    expect(shown(chatReducer(queued, cut))).toContain("person queued complete: ask b");
    const whole = history({ messages: [storedPrompt("a")], running: ["a"], afterReconnect: true });
    expect(shown(chatReducer(queued, whole))).toContain("person unsent complete: ask b");
  });

  test("a queued message whose images only its own page has is not offered again without them", () => {
    const image = { type: "image", mimeType: "image/png", omitted: true, bytes: 70 };
    const message = { role: "user", content: [...content("ask a"), image] };
    const items = [{ id: "entry-a", runId: "a", message, acceptedAt: 1, state: "queued" }];
    const loaded = readHistory({ messages: [], pendingInputs: { items, total: 1 } });
    const queued = after({ type: "history-loaded", sessionKey: KEY, history: loaded, afterReconnect: false });

    const [row] = rowsOf(
      conversationOf(chatReducer(queued, history({ messages: [], afterReconnect: true })), KEY),
    );

    expect(row).toMatchObject({ status: "unsent", pictures: [{ bytes: 70, address: undefined }] });
    expect(row?.problem).toContain("write it again with them");
  });

  test("a message that was not acknowledged still waits to be sent", () => {
    const state = after(sending("a"), history({ afterReconnect: true }));
    expect(shown(state)).toEqual(["person sending complete: ask a"]);
  });
});

test("a session that is written to moves to the top of the list", () => {
  const sessions = ["one", "two"].map((key, index) => ({
    key,
    updatedAt: 20 - index,
    label: undefined,
    hasActiveRun: false,
  }));
  const state = after(
    { type: "sessions-listed", sessions, isEcho: false },
    { type: "session-changed", sessionKey: "two", at: 30 },
    { type: "session-changed", sessionKey: "unheard of", at: 40 },
  );
  expect(state.sessions?.map(({ key, updatedAt }) => ({ key, updatedAt }))).toEqual([
    { key: "two", updatedAt: 30 },
    { key: "one", updatedAt: 20 },
  ]);
});

test("events of one session leave the others alone, and a short key means the same session", () => {
  const event = readChatEvent({ runId: "a", sessionKey: "other", seq: 0, state: "delta", deltaText: "x" });
  expect(event).toMatchObject({ sessionKey: "agent:main:other", kind: "progress", delta: "x" });
  expect(readChatEvent({ runId: "a", sessionKey: "main", state: "unheard of" })).toBeUndefined();
  expect(readChatEvent("no event")).toBeUndefined();
  expect(shown(after(sending("a")))).toHaveLength(1);
  expect(rowsOf(conversationOf(after(sending("a")), "agent:main:other"))).toEqual([]);
});
