import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { TranscriptError } from "../errors.ts";
import type { AgentMessage } from "../message.ts";
import { isFailed } from "../validate/turn.ts";

/** The roles whose content a model is shown as it is. */
const SPEAKERS: ReadonlySet<string> = new Set(["user", "assistant", "toolResult", "custom"]);

/**
 * Throws `INVALID_MESSAGE` for what is no message, and for what `validate` would call an error for every provider, as far
 * as a few looks at each block tell: an append is to stay as cheap as it is. Roles that nobody knows are an extension's.
 */
export function assertMessage(message: unknown): void {
  if (!isFields(message) || typeof message["role"] !== "string" || message["role"] === "")
    throw invalid("a message is an object whose role is a non-empty string");
  const { role, content } = message;
  if (typeof role !== "string" || !SPEAKERS.has(role)) return;
  if (role === "toolResult" && !isName(message["toolCallId"]))
    throw invalid("a tool result names its call in toolCallId");
  if (typeof content === "string") return;
  if (!Array.isArray(content)) throw invalid(`a ${role} message needs content: text or a list of blocks`);
  // Nobody is shown what is in a turn that failed.
  const isShown = role !== "assistant" || !isFailed(message);
  for (const block of content) assertBlock(block, role, isShown);
}

/** True for a message that neither makes a tool call nor answers one. */
export function isSpeech(message: AgentMessage): boolean {
  if (message.role !== "assistant") return message.role === "user";
  const { content } = message;
  return typeof content === "string" || !content.some(({ type }) => type === "toolCall");
}

/** Whether a part of it has a `toJSON`, so that what is written may be something else. */
export function writesItself(message: object): boolean {
  const content: unknown = "content" in message ? message.content : undefined;
  if ("toJSON" in message) return true;
  if (!Array.isArray(content)) return false;
  return "toJSON" in content || content.some((block) => isFields(block) && "toJSON" in block);
}

function assertBlock(block: unknown, role: string, isShown: boolean): void {
  if (!isFields(block)) throw invalid(`a block of a ${role} message is an object`);
  if (!isShown) return;
  if (block["type"] === "text" && typeof block["text"] !== "string") throw invalid("a text block has a text");
  if (block["type"] === "toolCall" && role === "assistant" && !isCall(block))
    throw invalid("a tool call has an id, a name and arguments, which are an object");
}

function isCall({ id, name, arguments: input }: Fields): boolean {
  return isName(id) && isName(name) && isFields(input);
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function invalid(message: string): TranscriptError {
  return new TranscriptError("INVALID_MESSAGE", message);
}
