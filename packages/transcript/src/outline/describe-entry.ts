import { isFields, textOr } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import type { SessionEntry } from "../entry.ts";
import type { AgentMessage } from "../message.ts";

/** An entry in a few words: who or what, and what it says. */
export interface EntryDescription {
  readonly kind: string;
  readonly text: string;
}

/** Of any entry that a file may hold: what is not as its type promises says nothing. */
export function describeEntry(entry: SessionEntry): EntryDescription {
  const { type } = entry;
  const fields: Fields = { ...entry };
  const text = (name: string) => textOr("", fields[name]);
  switch (entry.type) {
    case "message":
      return { kind: entry.message.role, text: messageText(entry.message) };
    case "custom_message":
      return { kind: textOr(type, entry.customType), text: blocksText(entry.content) };
    case "compaction":
    case "branch_summary":
      return { kind: type, text: text("summary") };
    case "model_change":
      return { kind: "model", text: `${text("provider")}/${text("modelId")}` };
    case "thinking_level_change":
      return { kind: "thinking", text: text("thinkingLevel") };
    case "custom":
      return { kind: "custom", text: text("customType") };
    case "label":
      return { kind: "label", text: `${textOr("(none)", entry.label)} on ${text("targetId")}` };
    case "session_info":
      return { kind: "name", text: text("name") };
    case "usage":
      return { kind: "usage", text: `${text("kind")}: ${tokensOf(entry.usage)} tokens of ${text("model")}` };
    case "context_edit":
      return {
        kind: "edit",
        text: `${entry.replacement === null ? "takes out" : "changes"} ${text("targetId")}`,
      };
    default:
      return { kind: type, text: "" };
  }
}

/** Everything a message says, in words. */
export function messageText(message: AgentMessage): string {
  const fields: Fields = { ...message };
  switch (message.role) {
    case "bashExecution":
      return `$ ${textOr("", fields["command"])}\n${textOr("", fields["output"])}`;
    case "branchSummary":
    case "compactionSummary":
      return textOr("", fields["summary"]);
    default:
      return blocksText(fields["content"]);
  }
}

/** Tool calls, images and reasoning are named, not shown. */
function blocksText(content: unknown): string {
  if (typeof content === "string") return content;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  return blocks
    .map((block) => (isFields(block) ? blockText(block) : ""))
    .filter(Boolean)
    .join("\n");
}

function blockText({ type, text, name, mimeType }: Fields): string {
  switch (type) {
    case "text":
      return textOr("", text);
    case "toolCall":
      return `[calls ${textOr("a tool", name)}]`;
    case "image":
      return `[image ${textOr("", mimeType)}]`;
    case "thinking":
      return "";
    default:
      return `[${textOr("", type)}]`;
  }
}

function tokensOf(usage: unknown): number {
  const total = isFields(usage) ? usage["totalTokens"] : undefined;
  return typeof total === "number" ? total : 0;
}
