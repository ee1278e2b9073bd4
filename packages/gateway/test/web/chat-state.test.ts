import { describe, expect, test } from "vitest";
import { chatReducer, conversationOf, rowsOf } from "../../web/chat-state.ts";
import { readChatEvent } from "../../web/wire.ts";
import {
  KEY,
  after,
  shown,
  active,
  sending,
  accepted,
  refused,
  happened,
  note,
  history,
  storedPrompt,
  storedAnswer,
} from "./chat-actions.ts";

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
