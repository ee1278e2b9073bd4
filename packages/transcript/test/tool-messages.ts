import type { AssistantMessage, SessionEntry, ToolResultMessage } from "../src/index.ts";
import { assistantMessage } from "./messages.ts";

export function callingMessage(...ids: readonly string[]): AssistantMessage {
  const calls = ids.map((id) => ({ type: "toolCall" as const, id, name: "read", arguments: {} }));
  return {
    ...assistantMessage(""),
    content: [{ type: "text", text: ids.join("+") }, ...calls],
    stopReason: "toolUse",
  };
}

export function resultMessage(toolCallId: string): ToolResultMessage {
  return {
    role: "toolResult",
    toolCallId,
    toolName: "read",
    content: [{ type: "text", text: `result of ${toolCallId}` }],
    isError: false,
    timestamp: 1_700_000_000_000,
  };
}

/** What each message of the branch says, with what stands between a call and its results marked. */
export function spokenOn(branch: readonly SessionEntry[]): {
  readonly said: readonly string[];
  readonly misplaced: readonly string[];
} {
  const said: string[] = [];
  const misplaced: string[] = [];
  let open: string[] = [];
  for (const entry of branch.filter(({ type }) => type === "message")) {
    const message = "message" in entry ? (entry.message as unknown as Spoken) : { role: "", content: [] };
    const blocks = typeof message.content === "string" ? [{ text: message.content }] : message.content;
    const text = blocks[0]?.text ?? "";
    said.push(text);
    const isAnswer = message.role === "toolResult" && open.includes(message.toolCallId ?? "");
    misplaced.push(...(isAnswer || (open.length === 0 && message.role !== "toolResult") ? [] : [text]));
    // Calls of a turn that was stopped are never run.
    const isRun = message.stopReason !== "aborted";
    const opened = blocks.flatMap(({ type, id = "" }) => (isRun && type === "toolCall" ? [id] : []));
    open = [...open.filter((id) => id !== message.toolCallId), ...opened];
  }
  return { said, misplaced };
}

interface Spoken {
  readonly role: string;
  readonly stopReason?: string;
  readonly toolCallId?: string;
  readonly content: string | readonly Block[];
}

interface Block {
  readonly type?: string;
  readonly id?: string;
  readonly text?: string;
}
