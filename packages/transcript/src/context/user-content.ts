import type { ImageContent, TextContent } from "../message.ts";
import { isFields } from "./fields.ts";
import { IMAGE_LEFT_OUT } from "./fixed-text.ts";
import { imageFault } from "./image.ts";
import type { Reader } from "./reader.ts";
import { isBlank, isWireText, toWireText } from "./wire-text.ts";

type Block = TextContent | ImageContent;

/** The text of a message whose content is one string; undefined when it says nothing. */
export function readText(text: string, entryId: string, reader: Reader): string | undefined {
  if (isBlank(text)) {
    reader.log.add("S2", "dropped", entryId, "blank text");
    return undefined;
  }
  if (isWireText(text)) return text;
  reader.log.add("S7", "changed", entryId, "replaced a lone surrogate");
  return toWireText(text);
}

/** The blocks of a user's message or a tool result, without those no provider takes; the same array if all are good. */
export function readBlocks(content: readonly unknown[], entryId: string, reader: Reader): readonly Block[] {
  for (const block of content) {
    if (readBlock(block, undefined, reader) !== block) {
      return content.map((item) => readBlock(item, entryId, reader)).filter((item) => item !== undefined);
    }
  }
  return content as readonly Block[];
}

/** The same reference when the block is good. With no `entryId` it only looks and logs nothing. */
function readBlock(block: unknown, entryId: string | undefined, reader: Reader): Block | undefined {
  const log = entryId === undefined ? undefined : reader.log;
  if (!isFields(block)) {
    log?.add("S1", "dropped", entryId, "a content block that is no object");
    return undefined;
  }
  switch (block["type"]) {
    case "text": {
      const { text } = block;
      if (typeof text !== "string" || isBlank(text)) {
        log?.add("S2", "dropped", entryId, "a blank text block");
        return undefined;
      }
      if (isWireText(text)) return block as unknown as TextContent;
      log?.add("S7", "changed", entryId, "replaced a lone surrogate");
      return { ...block, type: "text", text: toWireText(text) };
    }
    case "image": {
      const fault = imageFault(block, reader.rules.maxImageBytes);
      if (fault === undefined) return block as unknown as ImageContent;
      log?.add("S8", "changed", entryId, `an image was left out: ${fault}`);
      return { type: "text", text: IMAGE_LEFT_OUT };
    }
    default:
      log?.add("S1", "dropped", entryId, "a content block of a type that no provider takes");
      return undefined;
  }
}
