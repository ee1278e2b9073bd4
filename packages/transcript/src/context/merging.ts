import type { AssistantMessage, UserMessage } from "../message.ts";
import { GATEWAY_PROVIDER, isOfModel } from "./target-model.ts";
import type { TargetModel } from "./target-model.ts";

/** Two user turns as one. */
export function mergedUsers(first: UserMessage, second: UserMessage): UserMessage {
  return { ...first, content: [...blocksOf(first.content), ...blocksOf(second.content)] };
}

/** Two assistant turns as one, with the calls at the end, next to their results. */
export function mergedAssistants(
  first: AssistantMessage,
  second: AssistantMessage,
  target: TargetModel | undefined,
): AssistantMessage {
  const base = speaker(first, second, target);
  const blocks = [...first.content, ...second.content];
  const calls = blocks.filter((block) => block.type === "toolCall");
  const rest = blocks.filter((block) => block.type !== "toolCall");
  const stopReason = calls.length > 0 ? "toolUse" : base.stopReason === "toolUse" ? "stop" : base.stopReason;
  return { ...base, content: [...rest, ...calls], stopReason, timestamp: first.timestamp };
}

/**
 * Whose turn the merged one is: that of the model it goes to, whose signatures it may hold; else that of the model that
 * wrote one of them, not of a gateway that wrote the other.
 */
function speaker(
  first: AssistantMessage,
  second: AssistantMessage,
  target: TargetModel | undefined,
): AssistantMessage {
  if (isOfModel(second, target)) return second;
  return isOfModel(first, target) || second.provider === GATEWAY_PROVIDER ? first : second;
}

function blocksOf(content: UserMessage["content"]): Exclude<UserMessage["content"], string> {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
