import type { ImageContent, TextContent, ToolResultMessage, UserMessage } from "../message.ts";
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import {
  branchText,
  commandText,
  compactionText,
  EMPTY_MESSAGE,
  IMAGE_LEFT_OUT,
  NO_OUTPUT,
} from "./fixed-text.ts";
import { timeOf } from "./message-time.ts";
import { readAssistant } from "./read-assistant.ts";
import type { AssistantItem } from "./read-assistant.ts";
import type { Reader } from "./reader.ts";
import { readBlocks, readText } from "./user-content.ts";

/** One message of the branch, in the shape every provider can be given, not yet next to the right neighbours. */
export type Item =
  | { readonly kind: "user"; readonly entryId: string; readonly message: UserMessage }
  | AssistantItem
  | { readonly kind: "result"; readonly entryId: string; readonly message: ToolResultMessage };

/**
 * Reads a stored message. Undefined when a model is not to see it.
 *
 * A message with nothing to mend is passed on as it is, never copied.
 */
export function readMessage(
  raw: unknown,
  entryId: string,
  timestamp: unknown,
  reader: Reader,
): Item | undefined {
  if (!isFields(raw)) {
    reader.log.add("S1", "dropped", entryId, "what is no message");
    return undefined;
  }
  switch (raw["role"]) {
    case "user":
      return { kind: "user", entryId, message: readUser(raw, entryId, timestamp, reader) };
    case "assistant":
      return readAssistant(raw, entryId, timestamp, reader);
    case "toolResult":
      return readResult(raw, entryId, timestamp, reader);
    case "custom":
    case "hookMessage":
      return userItem(raw["content"], raw, entryId, timestamp, reader);
    case "bashExecution":
      return raw["excludeFromContext"] === true
        ? undefined
        : userItem(commandText(raw), raw, entryId, timestamp, reader);
    case "branchSummary":
      return summaryItem(branchText, raw, entryId, timestamp, reader);
    case "compactionSummary":
      return summaryItem(compactionText, raw, entryId, timestamp, reader);
    case "system":
      return undefined; // folded into one prompt: see system-prompt.ts
    default:
      reader.log.add("S1", "dropped", entryId, "a message of a role that no provider takes");
      return undefined;
  }
}

function summaryItem(
  textOf: (summary: string) => string,
  raw: Fields,
  entryId: string,
  timestamp: unknown,
  reader: Reader,
): Item | undefined {
  const { summary } = raw;
  if (typeof summary !== "string" || summary === "") return undefined;
  return userItem(textOf(summary), raw, entryId, timestamp, reader);
}

function userItem(content: unknown, raw: Fields, entryId: string, timestamp: unknown, reader: Reader): Item {
  const message = { role: "user", content, timestamp: timeOf(raw, timestamp) };
  return { kind: "user", entryId, message: readUser(message, entryId, timestamp, reader) };
}

function readUser(raw: Fields, entryId: string, timestamp: unknown, reader: Reader): UserMessage {
  const before = raw["content"];
  const content = userContent(before, entryId, reader);
  if (content === before && typeof raw["timestamp"] === "number") return raw as unknown as UserMessage;
  return { ...raw, role: "user", content, timestamp: timeOf(raw, timestamp) };
}

function userContent(content: unknown, entryId: string, reader: Reader): UserMessage["content"] {
  if (typeof content === "string") return readText(content, entryId, reader) ?? EMPTY_MESSAGE;
  if (!Array.isArray(content)) {
    reader.log.add("S1", "changed", entryId, "a user message without content");
    return EMPTY_MESSAGE;
  }
  const blocks = readBlocks(content, entryId, reader);
  return blocks.length === 0 ? EMPTY_MESSAGE : blocks;
}

function readResult(raw: Fields, entryId: string, timestamp: unknown, reader: Reader): Item | undefined {
  const { toolCallId, toolName, isError } = raw;
  if (typeof toolCallId !== "string" || toolCallId === "") {
    reader.log.add("S5", "dropped", entryId, "a tool result that names no call");
    return undefined;
  }
  const content = resultContent(raw["content"], isError === true, entryId, reader);
  const isComplete =
    typeof toolName === "string" && typeof isError === "boolean" && typeof raw["timestamp"] === "number";
  if (isComplete && content === raw["content"]) {
    return { kind: "result", entryId, message: raw as unknown as ToolResultMessage };
  }
  if (!isComplete) reader.log.add("S5", "changed", entryId, "completed a tool result");
  const message: ToolResultMessage = {
    ...raw,
    role: "toolResult",
    toolCallId,
    toolName: typeof toolName === "string" ? toolName : "",
    content,
    isError: isError === true,
    timestamp: timeOf(raw, timestamp),
  };
  return { kind: "result", entryId, message };
}

function resultContent(
  content: unknown,
  isError: boolean,
  entryId: string,
  reader: Reader,
): readonly (TextContent | ImageContent)[] {
  const blocks = resultBlocks(content, entryId, reader);
  if (blocks.length === 0) {
    reader.log.add("S2", "changed", entryId, "a tool result without output");
    return [{ type: "text", text: NO_OUTPUT }];
  }
  if (!isError || !reader.rules.textOnlyErrors || blocks.every((block) => block.type === "text"))
    return blocks;
  reader.log.add("P6", "changed", entryId, "an image in a failed tool result");
  return blocks.map((block) => (block.type === "text" ? block : { type: "text", text: IMAGE_LEFT_OUT }));
}

function resultBlocks(
  content: unknown,
  entryId: string,
  reader: Reader,
): readonly (TextContent | ImageContent)[] {
  if (Array.isArray(content)) return readBlocks(content, entryId, reader);
  if (typeof content !== "string") {
    reader.log.add("S1", "changed", entryId, "a tool result without content");
    return [];
  }
  const text = readText(content, entryId, reader);
  return text === undefined ? [] : [{ type: "text", text }];
}
