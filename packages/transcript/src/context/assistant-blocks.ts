import type { AssistantMessage, TextContent, ThinkingContent, ToolCall } from "../message.ts";
import type { InvariantCode } from "../validate/codes.ts";
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { Reader } from "./reader.ts";
import { UNCHECKED_THOUGHT } from "./thought-mark.ts";
import { isToolName, toToolName } from "./tool-name.ts";
import { isBlank, isWireText, isWireValue, toWireText, toWireValue } from "./wire-text.ts";

export type AssistantBlock = AssistantMessage["content"][number];

/** Where a block stands. */
interface Site {
  readonly entryId: string;
  /** The target model wrote it, so its signatures hold. */
  readonly isOwn: boolean;
  /** Only look: log nothing. */
  readonly isSilent: boolean;
  readonly reader: Reader;
}

/** The blocks that a provider takes; the same array when that is all of them. */
export function readAssistantBlocks(
  content: readonly unknown[],
  entryId: string,
  isOwn: boolean,
  reader: Reader,
): readonly AssistantBlock[] {
  const blocks = readAll(content, entryId, isOwn, reader);
  if (!reader.rules.thinkingLeads || blocks.at(-1)?.type !== "thinking") return blocks;
  reader.log.add("P5", "dropped", entryId, "reasoning that leads to nothing");
  return blocks.slice(0, blocks.findLastIndex((block) => block.type !== "thinking") + 1);
}

function readAll(
  content: readonly unknown[],
  entryId: string,
  isOwn: boolean,
  reader: Reader,
): readonly AssistantBlock[] {
  const look = { entryId, isOwn, isSilent: true, reader };
  let index = 0;
  for (const block of content) {
    if (readBlock(block, index, look) !== block) {
      const site = { ...look, isSilent: false };
      return content.map((item, at) => readBlock(item, at, site)).filter((item) => item !== undefined);
    }
    index += 1;
  }
  return content as readonly AssistantBlock[];
}

function readBlock(block: unknown, index: number, site: Site): AssistantBlock | undefined {
  if (!isFields(block)) {
    drop(site, "S1", "a content block that is no object");
    return undefined;
  }
  switch (block["type"]) {
    case "text":
      return readText(block, site);
    case "thinking":
      return readThinking(block, site);
    case "toolCall":
      return readCall(block, index, site);
    default:
      drop(site, "S1", "a content block of a type that no provider takes");
      return undefined;
  }
}

function readText(block: Fields, site: Site): TextContent | undefined {
  const { text, textSignature } = block;
  if (typeof text !== "string") {
    drop(site, "S1", "a text block without text");
    return undefined;
  }
  const isSigned = textSignature !== undefined;
  if (isBlank(text) && !(isSigned && site.isOwn)) {
    drop(site, "S2", "a blank text block");
    return undefined;
  }
  if (isWireText(text) && !(isSigned && !site.isOwn)) return block as unknown as TextContent;
  if (!isWireText(text)) change(site, "S7", "replaced a lone surrogate");
  if (!isSigned || site.isOwn) return { ...block, type: "text", text: toWireText(text) };
  change(site, "C12", "a text signature of another model");
  return { ...without(block, "textSignature"), type: "text", text: toWireText(text) };
}

function readThinking(block: Fields, site: Site): ThinkingContent | undefined {
  const { thinking, thinkingSignature } = block;
  const isSigned = typeof thinkingSignature === "string" && thinkingSignature !== "";
  if (!site.isOwn) {
    drop(site, "C12", "reasoning of another model");
    return undefined;
  }
  if (!isSigned && (site.reader.rules.signedThinking || block["redacted"] === true)) {
    drop(site, "P4", "reasoning without a signature");
    return undefined;
  }
  if (typeof thinking !== "string" || (!isSigned && isBlank(thinking))) {
    drop(site, "S2", "empty reasoning");
    return undefined;
  }
  // A signature holds for these very characters, so a text that cannot be sent as it is cannot be sent at all.
  if (isWireText(thinking)) return block as unknown as ThinkingContent;
  drop(site, "S7", "reasoning with a lone surrogate");
  return undefined;
}

function readCall(block: Fields, index: number, site: Site): ToolCall | undefined {
  const { id, name, thoughtSignature } = block;
  const input = block["arguments"];
  if (typeof name !== "string" || name === "") {
    drop(site, "S3", "a tool call without a name");
    return undefined;
  }
  const isMark = thoughtSignature === UNCHECKED_THOUGHT && site.reader.rules.profile === "google";
  const isForeign = thoughtSignature !== undefined && !site.isOwn && !isMark;
  const hasId = typeof id === "string" && id !== "";
  if (hasId && isToolName(name) && isFields(input) && isWireValue(input) && !isForeign) {
    return block as unknown as ToolCall;
  }
  if (isForeign) change(site, "C12", "a thought signature of another model");
  if (!hasId || !isToolName(name) || !isFields(input)) change(site, "S3", "mended a tool call");
  else if (!isWireValue(input)) change(site, "S7", "mended the arguments of a tool call");
  return {
    ...(isForeign ? without(block, "thoughtSignature") : block),
    type: "toolCall",
    // No result can name a call without an id, so any name does that stays the same at every reading.
    id: hasId ? id : `${site.entryId}-${index}`,
    name: toToolName(name),
    arguments: readArguments(input),
  };
}

/** Some providers' clients store the arguments as the text they came in. */
function readArguments(input: unknown): ToolCall["arguments"] {
  if (typeof input === "string") {
    try {
      const parsed: unknown = JSON.parse(input);
      if (isFields(parsed)) return readArguments(parsed);
    } catch {
      // Not JSON: the call keeps its place with no arguments, and its result says how it went.
    }
  }
  const value = isFields(input) ? toWireValue(input) : {};
  return isFields(value) ? value : {};
}

function without(block: Fields, key: string): Fields {
  return Object.fromEntries(Object.entries(block).filter(([name]) => name !== key));
}

function drop(site: Site, code: InvariantCode, what: string): void {
  if (!site.isSilent) site.reader.log.add(code, "dropped", site.entryId, what);
}

function change(site: Site, code: InvariantCode, what: string): void {
  if (!site.isSilent) site.reader.log.add(code, "changed", site.entryId, what);
}
