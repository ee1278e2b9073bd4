import type { ByteSource } from "./lines.ts";

const ANCHOR_BYTES = 64;

/**
 * The last bytes before `end`, a character for each: where they are not what they were, the file was rewritten. `known`
 * are bytes that end there and were read already.
 */
export function anchorAt(source: ByteSource, end: number, known?: Buffer): string {
  const length = Math.min(ANCHOR_BYTES, end);
  const isKnown = known !== undefined && known.length >= length;
  return anchorOf(isKnown ? known : source.read(end - length, end));
}

/** A part of a text keeps all of it in memory, so that of a longer one is made anew. */
const MAX_KEPT_LENGTH = 64 * 1024;

/** As `anchorAt`, behind a text of so many bytes that was just written. */
export function anchorOfText(text: string, length: number): string {
  if (length === text.length && length <= MAX_KEPT_LENGTH) return text.slice(-ANCHOR_BYTES);
  // The first of these characters may be half of one.
  return anchorOf(Buffer.from(text.slice(-ANCHOR_BYTES - 1)));
}

/** As `anchorAt`, behind bytes that were just written. */
export function anchorOf(bytes: Buffer): string {
  return bytes.toString("latin1", Math.max(0, bytes.length - ANCHOR_BYTES));
}
