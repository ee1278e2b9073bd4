import type {
  AgentMessage,
  AssistantMessage,
  ImageContent,
  TextContent,
  ToolResultMessage,
  UserMessage,
} from "./message.ts";

/** The roles that every model provider knows. */
export type ModelMessage = UserMessage | AssistantMessage | ToolResultMessage;

/**
 * Turns a branch's messages into turns that a model may be given: only user, assistant and tool result roles, no empty
 * text, never two user or two assistant turns in a row. The same branch gives the same result, byte for byte.
 *
 * It does not pair tool calls with their results: a branch with an orphan call stays one.
 */
export function projectForModel(messages: readonly AgentMessage[]): ModelMessage[] {
  const turns: ModelMessage[] = [];
  for (const message of messages) {
    const turn = asTurn(message);
    if (turn === undefined) continue;
    const merged = mergeTurns(turns.at(-1), turn);
    if (merged === undefined) turns.push(turn);
    else turns.splice(-1, 1, merged);
  }
  return turns;
}

function asTurn(message: AgentMessage): ModelMessage | undefined {
  switch (message.role) {
    case "user":
      return userTurn(message, message.content);
    case "assistant": {
      const content = message.content.filter((block) => block.type !== "text" || isNotBlank(block.text));
      return content.length === 0 ? undefined : { ...message, content };
    }
    case "toolResult":
      return message;
    case "custom":
      return userTurn({ timestamp: message.timestamp }, message.content);
    case "bashExecution": {
      if (message.excludeFromContext) return undefined;
      return userTurn(
        { timestamp: message.timestamp },
        `The user ran: ${message.command}\n\n${message.output}`,
      );
    }
    case "branchSummary":
      return userTurn(
        { timestamp: message.timestamp },
        `Summary of a branch that was left:\n\n${message.summary}`,
      );
    case "compactionSummary":
      return userTurn(
        { timestamp: message.timestamp },
        `Summary of the conversation so far:\n\n${message.summary}`,
      );
    default:
      return undefined;
  }
}

function userTurn(
  base: Omit<UserMessage, "role" | "content">,
  content: UserMessage["content"],
): UserMessage | undefined {
  if (typeof content === "string")
    return isNotBlank(content) ? { ...base, role: "user", content } : undefined;
  const blocks = content.filter((block) => block.type !== "text" || isNotBlank(block.text));
  return blocks.length === 0 ? undefined : { ...base, role: "user", content: blocks };
}

function mergeTurns(last: ModelMessage | undefined, next: ModelMessage): ModelMessage | undefined {
  if (last?.role === "user" && next.role === "user") {
    return { ...last, content: [...blocksOf(last.content), ...blocksOf(next.content)] };
  }
  if (last?.role === "assistant" && next.role === "assistant") return mergeAssistants(last, next);
  return undefined;
}

/**
 * Calls go behind all text, next to the results that follow. The merged turn speaks for the model that wrote it, not for
 * a row that a gateway added under the provider name "openclaw".
 */
function mergeAssistants(last: AssistantMessage, next: AssistantMessage): AssistantMessage {
  const base = last.provider === "openclaw" ? next : last;
  const blocks = [...last.content, ...next.content];
  const calls = blocks.filter((block) => block.type === "toolCall");
  const rest = blocks.filter((block) => block.type !== "toolCall");
  return {
    ...base,
    content: [...rest, ...calls],
    stopReason: calls.length > 0 ? "toolUse" : base.stopReason,
  };
}

function blocksOf(content: UserMessage["content"]): readonly (TextContent | ImageContent)[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function isNotBlank(text: string): boolean {
  return text.trim() !== "";
}
