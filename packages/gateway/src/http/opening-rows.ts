import type { AgentMessage, AppendItem } from "@session-lock/transcript";
import { answerMessage, toolCallMessage, toolResultMessage, userMessage } from "../session/messages.ts";
import type { AgentRunner } from "../runners/runner.ts";
import type { Turn } from "./completion-messages.ts";

/** The rows that a session begins with, when a request tells what was said before it. */
export function openingRows(
  earlier: readonly Turn[],
  model: AgentRunner["model"],
  timestamp: number,
): AppendItem[] {
  return earlier.flatMap((turn) => rowsOf(turn, model, timestamp)).map((message) => ({ message }));
}

function rowsOf(
  { role, text, images, tools }: Turn,
  model: AgentRunner["model"],
  timestamp: number,
): AgentMessage[] {
  switch (role) {
    case "system":
      return [{ role, content: text, timestamp }];
    case "user":
      return [userMessage(text, timestamp, images)];
    case "assistant": {
      if (tools.length === 0) return [answerMessage({ text }, model, timestamp)];
      const calls = tools.map(({ call }) => call);
      const results = tools.map(({ call, result }) => {
        return toolResultMessage(call, { toolCallId: call.id, text: result, isError: false }, timestamp);
      });
      return [toolCallMessage({ text }, calls, model, timestamp), ...results];
    }
  }
}
