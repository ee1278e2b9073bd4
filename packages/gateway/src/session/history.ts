import type { AgentMessage, MessageEntry, SessionEntry } from "@session-lock/transcript";
import { withoutImageData } from "./image-summary.ts";
import { mostJsonBytes } from "./json-size.ts";
import type { HistoryRow } from "../protocol/chat-history.ts";
import { MAX_HISTORY_BYTES } from "../protocol/limits.ts";

/** Which part of a branch is asked for. */
export interface HistoryPage {
  /** Newest messages of the page. */
  readonly limit: number;
  /** Messages to leave out at the newest end. */
  readonly offset: number;
  /** Longer texts are cut to this many characters. Default: not cut. */
  readonly maxChars?: number | undefined;
  /** Bytes of a page of more than one message. Default, and the most: {@link MAX_HISTORY_BYTES}. */
  readonly maxBytes?: number | undefined;
  /** Keep the data of images; else their size stands for them. Default: false. */
  readonly wholeImages?: boolean;
}

/** A page of a branch's messages, oldest first, and whether older ones were left out. */
export function readHistory(
  branch: readonly SessionEntry[],
  page: HistoryPage,
): { readonly messages: HistoryRow[]; readonly hasMore: boolean; readonly totalMessages: number } {
  const { limit, offset, maxChars, wholeImages = false } = page;
  const maxBytes = Math.min(page.maxBytes ?? MAX_HISTORY_BYTES, MAX_HISTORY_BYTES);
  const totalMessages = branch.reduce((count, { type }) => (type === "message" ? count + 1 : count), 0);
  const end = Math.max(0, totalMessages - offset);
  const rows: HistoryRow[] = [];
  let size = { bytes: 0, isExact: false };
  let seq = totalMessages + 1;
  // From the newest on, and no further than the page goes: a branch may be long.
  for (let at = branch.length - 1; at >= 0 && rows.length < limit; at -= 1) {
    const entry = branch[at];
    if (entry?.type !== "message") continue;
    seq -= 1;
    if (seq > end) continue;
    const message = wholeImages ? entry.message : withoutImageData(entry.message);
    const row = toRow(message, { id: entry.id, seq }, maxChars);
    size = sizeWith(row, rows, { ...size, maxBytes });
    // The newest one is sent whatever its size, or a client could never get past it.
    if (size.bytes > maxBytes && rows.length > 0) break;
    rows.push(row);
  }
  return { messages: rows.reverse(), hasMore: rows.length < end, totalMessages };
}

/** One message as a page with room for all of its text has it. */
export function historyRow({ id, message }: MessageEntry, seq: number): HistoryRow {
  return toRow(withoutImageData(message), { id, seq }, undefined);
}

interface PageSize {
  readonly bytes: number;
  /** Else it is the most that it can be. */
  readonly isExact: boolean;
}

/** Rows are written out to be measured only where the page may be too big: mostly it is far from that. */
function sizeWith(
  row: HistoryRow,
  rows: readonly HistoryRow[],
  { bytes, isExact, maxBytes }: PageSize & { readonly maxBytes: number },
): PageSize {
  if (isExact) return { bytes: bytes + jsonBytes(row), isExact };
  const atMost = bytes + mostJsonBytes(row);
  if (atMost <= maxBytes) return { bytes: atMost, isExact };
  return { bytes: rows.reduce((sum, one) => sum + jsonBytes(one), jsonBytes(row)), isExact: true };
}

function jsonBytes(row: HistoryRow): number {
  return Buffer.byteLength(JSON.stringify(row));
}

function toRow(
  message: AgentMessage,
  place: { id: string; seq: number },
  maxChars: number | undefined,
): HistoryRow {
  const content: unknown = "content" in message ? message.content : undefined;
  const cut = maxChars === undefined ? content : cutContent(content, maxChars);
  if (cut === content) return { ...message, __openclaw: place };
  return { ...message, content: cut, __openclaw: { ...place, truncated: true } };
}

/** The very same content when nothing of it is too long. */
export function cutContent(content: unknown, maxChars: number): unknown {
  if (typeof content === "string") return cutText(content, maxChars);
  if (!Array.isArray(content)) return content;
  const blocks = content.map((block: unknown) => cutBlock(block, maxChars));
  return blocks.every((block, index) => block === content[index]) ? content : blocks;
}

function cutBlock(block: unknown, maxChars: number): unknown {
  if (typeof block !== "object" || block === null || !("text" in block)) return block;
  if (typeof block.text !== "string" || block.text.length <= maxChars) return block;
  return { ...block, text: cutText(block.text, maxChars) };
}

function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  // The cut may go through a character that takes two units.
  return `${text.slice(0, maxChars).replace(/\p{Cs}/gu, "")}…`;
}
