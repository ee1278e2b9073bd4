import { describe, expect, test } from "vitest";
import { chatReducer, conversationOf, rowsOf } from "../../web/chat-state.ts";
import { readHistory } from "../../web/wire.ts";
import {
  KEY,
  after,
  shown,
  active,
  content,
  sending,
  accepted,
  happened,
  history,
  storedPrompt,
  storedAnswer,
} from "./chat-actions.ts";

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
