import type { AgentMessage } from "@session-lock/transcript";
import type { Outcome } from "./outcome.ts";
import { partialMessage, type TerminalNews } from "./run-events.ts";

/** What the last event of a run tells, when its outcome is stored. */
export function terminalNews(outcome: Outcome, stored: AgentMessage | undefined): TerminalNews {
  const message = stored === undefined ? {} : { message: stored };
  switch (outcome.kind) {
    case "final":
      return { state: "final", stopReason: "stop", ...message };
    case "aborted":
      return { state: "aborted", stopReason: outcome.origin, ...message };
    case "error":
      return { state: "error", errorKind: outcome.errorKind, errorMessage: outcome.reason, ...message };
  }
}

/** What it tells when the outcome cannot be stored at all. */
export function unstoredNews(outcome: Outcome, errorMessage: string): TerminalNews {
  return { state: "error", errorKind: "unknown", errorMessage, ...withText(outcome.text) };
}

/** With what was said, where the news have no message of their own. */
export function withWords(news: TerminalNews, text: string): TerminalNews {
  return news.message === undefined ? { ...news, ...withText(text) } : news;
}

function withText(text: string): { readonly message?: object } {
  return text.trim() === "" ? {} : { message: partialMessage(text) };
}
