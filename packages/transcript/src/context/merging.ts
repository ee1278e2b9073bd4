import type { AssistantMessage, UserMessage } from "../message.ts";
import { GATEWAY_PROVIDER } from "./target-model.ts";

/** Two user turns as one. */
export function mergedUsers(first: UserMessage, second: UserMessage): UserMessage {
  return { ...first, content: [...blocksOf(first.content), ...blocksOf(second.content)] };
}

/**
 * Two assistant turns as one, with the calls at the end, next to their results.
 *
 * It speaks for the model that wrote one of them, not for a gateway that wrote the other.
 */
export function mergedAssistants(first: AssistantMessage, second: AssistantMessage): AssistantMessage {
  const base = second.provider === GATEWAY_PROVIDER ? first : second;
  const blocks = [...first.content, ...second.content];
  const calls = blocks.filter((block) => block.type === "toolCall");
  const rest = blocks.filter((block) => block.type !== "toolCall");
  const stopReason = calls.length > 0 ? "toolUse" : base.stopReason === "toolUse" ? "stop" : base.stopReason;
  return { ...base, content: [...rest, ...calls], stopReason, timestamp: first.timestamp };
}

function blocksOf(content: UserMessage["content"]): Exclude<UserMessage["content"], string> {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
