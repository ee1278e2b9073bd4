import type { AgentMessage } from "@session-lock/transcript";
import type { AssistantModelMessage, ModelMessage, ToolModelMessage, UserModelMessage } from "ai";

/** The conversation in the AI SDK's shapes. Thinking is left out: it is of use only to the very model that thought it. */
export function toModelMessages(messages: readonly AgentMessage[]): ModelMessage[] {
  return messages.flatMap((message): ModelMessage[] => {
    switch (message.role) {
      case "user":
        return [toUserMessage(message)];
      case "assistant":
        return toAssistantMessages(message);
      case "toolResult":
        return [toToolMessage(message)];
      default:
        return []; // the context holds no others
    }
  });
}

type AssistantPart = Exclude<AssistantModelMessage["content"], string>[number];
type Of<R extends AgentMessage["role"]> = Extract<AgentMessage, { readonly role: R }>;

function toUserMessage({ content }: Of<"user">): UserModelMessage {
  if (typeof content === "string") return { role: "user", content };
  const parts = content.map((block) => {
    if (block.type === "text") return { type: "text" as const, text: block.text };
    return { type: "file" as const, data: block.data, mediaType: block.mimeType };
  });
  return { role: "user", content: parts };
}

function toAssistantMessages({ content }: Of<"assistant">): AssistantModelMessage[] {
  const parts = content.flatMap((block): AssistantPart[] => {
    if (block.type === "text") return block.text === "" ? [] : [{ type: "text" as const, text: block.text }];
    if (block.type === "thinking") return [];
    const { id, name, arguments: input } = block;
    return [{ type: "tool-call" as const, toolCallId: id, toolName: name, input }];
  });
  return parts.length === 0 ? [] : [{ role: "assistant", content: parts }];
}

function toToolMessage({ toolCallId, toolName, content, isError }: Of<"toolResult">): ToolModelMessage {
  const value = content
    .map((block) => (block.type === "text" ? block.text : `[${block.mimeType}]`))
    .join("\n");
  const output = { type: isError ? ("error-text" as const) : ("text" as const), value };
  return { role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output }] };
}
