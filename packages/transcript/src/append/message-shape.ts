import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { TranscriptError } from "../errors.ts";
import { isFailed } from "../validate/turn.ts";

/** The roles whose content a model is shown as it is. */
const SPEAKERS: ReadonlySet<string> = new Set(["user", "assistant", "toolResult", "custom"]);

/** What a message is to who writes it down. */
export interface MessageShape {
  /** It neither makes a tool call nor answers one. */
  readonly isSpeech: boolean;
  /** A part of it has a `toJSON`, so that what is written may be something else. */
  readonly writesItself: boolean;
}

/**
 * Looks at a message. Throws `INVALID_MESSAGE` for what is none, and for what `validate` would call an error for every provider, as far
 * as one look at each block tells: an append is to stay as cheap as it is. Roles that nobody knows are an extension's.
 */
export function shapeOf(message: unknown): MessageShape {
  if (!isFields(message) || typeof message["role"] !== "string" || message["role"] === "")
    throw invalid("a message is an object whose role is a non-empty string");
  const { role, content } = message;
  const isSpeaker = typeof role === "string" && SPEAKERS.has(role);
  if (role === "toolResult" && !isName(message["toolCallId"]))
    throw invalid("a tool result names its call in toolCallId");
  let isSpeech = role === "user" || role === "assistant";
  let writesItself = "toJSON" in message;
  if (!Array.isArray(content)) {
    if (isSpeaker && typeof content !== "string")
      throw invalid(`a ${role} message needs content: text or a list of blocks`);
    return { isSpeech, writesItself };
  }
  if ("toJSON" in content) writesItself = true;
  // Nobody is shown what is in a turn that failed.
  const isShown = role !== "assistant" || !isFailed(message);
  let calls: Set<unknown> | undefined;
  for (const block of content as unknown[]) {
    if (!isFields(block)) {
      if (isSpeaker) throw invalid(`a block of a ${role} message is an object`);
      continue;
    }
    if (isSpeaker && isShown) assertBlock(block, role);
    if (role === "assistant" && block["type"] === "toolCall") {
      isSpeech = false;
      calls ??= new Set();
      if (isShown && calls.has(block["id"])) throw invalid("the tool calls of a message have different ids");
      calls.add(block["id"]);
    }
    if ("toJSON" in block) writesItself = true;
  }
  return { isSpeech, writesItself };
}

function assertBlock(block: Fields, role: string): void {
  if (block["type"] === "text" && typeof block["text"] !== "string") throw invalid("a text block has a text");
  if (block["type"] === "toolCall" && role === "assistant" && !isCall(block))
    throw invalid("a tool call has an id, a name and arguments, which are an object");
  if (
    block["type"] === "image" &&
    role !== "assistant" &&
    !(isName(block["data"]) && isName(block["mimeType"]))
  )
    throw invalid("an image has data and a mimeType");
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
