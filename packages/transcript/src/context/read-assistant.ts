import type { AssistantMessage } from "../message.ts";
import { readAssistantBlocks } from "./assistant-blocks.ts";
import type { AssistantBlock } from "./assistant-blocks.ts";
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { timeOf } from "./message-time.ts";
import type { Reader } from "./reader.ts";
import { isOfModel } from "./target-model.ts";

/** An assistant turn; `message` is undefined for one that a model is not to see. */
export interface AssistantItem {
  readonly kind: "assistant";
  readonly entryId: string;
  readonly message: AssistantMessage | undefined;
  /** The ids, as stored, of the calls in `message`, in order. */
  readonly calls: readonly string[];
  /** The ids of calls that were left out; their results go with them. */
  readonly lost: readonly string[];
}

export const NO_USAGE: AssistantMessage["usage"] = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};

const NO_IDS: readonly string[] = [];

/** Reads an assistant message: unchanged by reference, mended in a copy, or left out. */
export function readAssistant(
  raw: Fields,
  entryId: string,
  timestamp: unknown,
  reader: Reader,
): AssistantItem {
  const stored = storedBlocks(raw["content"], entryId, reader);
  const { stopReason } = raw;
  if (stopReason === "error" || stopReason === "aborted") {
    return readFailed(raw, stored, entryId, timestamp, reader);
  }
  const isCut = stopReason === "length" && isCall(stored.at(-1));
  if (isCut) reader.log.add("C7", "dropped", entryId, "a tool call that the length limit cut off");
  const whole = isCut ? stored.slice(0, -1) : stored;
  const lost = isCut ? idsOf(stored.slice(-1)) : NO_IDS;
  const blocks = readAssistantBlocks(whole, entryId, isOfModel(raw, reader.target), reader);
  if (blocks.length === 0) {
    reader.log.add("S2", "dropped", entryId, "an assistant message without content");
    return { kind: "assistant", entryId, message: undefined, calls: NO_IDS, lost };
  }
  const calls = idsOf(blocks);
  const due = dueStopReason(stopReason, calls.length > 0);
  if (due !== stopReason) reader.log.add("S6", "changed", entryId, `the stop reason is ${due}`);
  const message = completed(raw, blocks, due, timestamp);
  return { kind: "assistant", entryId, message, calls, lost };
}

/** A turn that failed has no calls that were run for sure, and maybe a text that stops in the middle. */
function readFailed(
  raw: Fields,
  stored: readonly unknown[],
  entryId: string,
  timestamp: unknown,
  reader: Reader,
): AssistantItem {
  const texts = reader.keepsPartialText ? stored.filter(isText) : [];
  const blocks = readAssistantBlocks(texts, entryId, false, reader);
  const action = blocks.length === 0 ? "dropped" : "changed";
  reader.log.add("C6", action, entryId, `a turn that ended in ${String(raw["stopReason"])}`);
  const message = blocks.length === 0 ? undefined : completed(raw, blocks, "stop", timestamp);
  return { kind: "assistant", entryId, message, calls: NO_IDS, lost: idsOf(stored) };
}

function storedBlocks(content: unknown, entryId: string, reader: Reader): readonly unknown[] {
  if (Array.isArray(content)) return content;
  if (typeof content === "string") return [{ type: "text", text: content }];
  reader.log.add("S1", "changed", entryId, "an assistant message without content");
  return [];
}

function dueStopReason(stopReason: unknown, hasCalls: boolean): "stop" | "length" | "toolUse" {
  if (hasCalls) return "toolUse";
  return stopReason === "length" ? "length" : "stop";
}

/** The message itself when nothing about it changes. */
function completed(
  raw: Fields,
  content: readonly AssistantBlock[],
  stopReason: AssistantMessage["stopReason"],
  timestamp: unknown,
): AssistantMessage {
  const { api, provider, model, usage } = raw;
  const isNamed = typeof api === "string" && typeof provider === "string" && typeof model === "string";
  const isComplete = isNamed && isFields(usage) && typeof raw["timestamp"] === "number";
  if (isComplete && content === raw["content"] && stopReason === raw["stopReason"]) {
    return raw as unknown as AssistantMessage;
  }
  return {
    ...raw,
    role: "assistant",
    content,
    api: typeof api === "string" ? api : "",
    provider: typeof provider === "string" ? provider : "",
    model: typeof model === "string" ? model : "",
    usage: isFields(usage) ? (usage as unknown as AssistantMessage["usage"]) : NO_USAGE,
    stopReason,
    timestamp: timeOf(raw, timestamp),
  };
}

function isCall(block: unknown): boolean {
  return isFields(block) && block["type"] === "toolCall";
}

function isText(block: unknown): boolean {
  return isFields(block) && block["type"] === "text";
}

/** The ids of the calls among `blocks`, empty where one has none. */
function idsOf(blocks: readonly unknown[]): readonly string[] {
  let ids: string[] | undefined;
  for (const block of blocks) {
    if (!isFields(block) || block["type"] !== "toolCall") continue;
    ids ??= [];
    ids.push(typeof block["id"] === "string" ? block["id"] : "");
  }
  return ids ?? NO_IDS;
}
