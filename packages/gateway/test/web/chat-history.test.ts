import { describe, expect, test } from "vitest";
import { chatReducer, conversationOf, rowsOf, type ChatAction } from "../../web/chat-state.ts";
import {
  KEY,
  after,
  shown,
  active,
  content,
  sending,
  accepted,
  refused,
  happened,
  note,
  history,
  earlier,
  historyOf,
  storedPrompt,
  storedAnswer,
  storedNote,
} from "./chat-actions.ts";

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

  test("a message that got no answer is no longer called unsent when it is seen to wait", () => {
    const state = after(sending("a"), refused("a"), history({ waiting: ["a"] }));

    expect(shown(state)).toEqual(["person queued complete: ask a"]);
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
