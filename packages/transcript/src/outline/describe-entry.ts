import type { SessionEntry } from "../entry.ts";
import type { AgentMessage } from "../message.ts";

/** An entry in a few words: who or what, and what it says. */
export interface EntryDescription {
  readonly kind: string;
  readonly text: string;
}

export function describeEntry(entry: SessionEntry): EntryDescription {
  const { type } = entry;
  switch (entry.type) {
    case "message":
      return { kind: entry.message.role, text: messageText(entry.message) };
    case "custom_message":
      return { kind: entry.customType, text: blocksText(entry.content) };
    case "compaction":
    case "branch_summary":
      return { kind: type, text: entry.summary };
    case "model_change":
      return { kind: "model", text: `${entry.provider}/${entry.modelId}` };
    case "thinking_level_change":
      return { kind: "thinking", text: entry.thinkingLevel };
    case "custom":
      return { kind: "custom", text: entry.customType };
    case "label":
      return { kind: "label", text: `${entry.label ?? "(none)"} on ${entry.targetId}` };
    case "session_info":
      return { kind: "name", text: entry.name ?? "" };
    case "usage":
      return { kind: "usage", text: `${entry.kind}: ${entry.usage.totalTokens} tokens of ${entry.model}` };
    case "context_edit":
      return {
        kind: "edit",
        text: `${entry.replacement === null ? "takes out" : "changes"} ${entry.targetId}`,
      };
    default:
      return { kind: type, text: "" };
  }
}

/** Everything a message says, in words. */
export function messageText(message: AgentMessage): string {
  switch (message.role) {
    case "bashExecution":
      return `$ ${message.command}\n${message.output}`;
    case "branchSummary":
    case "compactionSummary":
      return message.summary;
    default:
      return "content" in message ? blocksText(message.content) : "";
  }
}

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly name?: string;
  readonly mimeType?: string;
  readonly thinking?: string;
}

/** Tool calls, images and reasoning are named, not shown. */
function blocksText(content: string | readonly Block[]): string {
  if (typeof content === "string") return content;
  return content.map(blockText).filter(Boolean).join("\n");
}

function blockText({ type, text, name, mimeType }: Block): string {
  switch (type) {
    case "text":
      return text ?? "";
    case "toolCall":
      return `[calls ${name ?? "a tool"}]`;
    case "image":
      return `[image ${mimeType ?? ""}]`;
    default:
      return type === "thinking" ? "" : `[${type}]`;
  }
}
