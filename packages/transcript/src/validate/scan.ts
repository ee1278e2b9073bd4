import { isUtf8 } from "node:buffer";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MAX_LINE_BYTES } from "../file/lines.ts";
import type { ByteSource } from "../file/lines.ts";

/** A line, with its bytes where they were read. Its newline is not part of it. */
export interface RawLine {
  /** From 1. */
  readonly number: number;
  /** Byte of the file at which it begins. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Undefined for a line longer than `MAX_LINE_BYTES`, which is not read. */
  readonly text: string | undefined;
  readonly isUtf8: boolean;
  /** False for what follows the last newline. */
  readonly isTerminated: boolean;
}

const WINDOW_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Hands the lines of the first `size` bytes to `visit`, reading about a MiB at a time.
 *
 * Other work gets a turn between two reads. A file that became shorter meanwhile ends where it ends.
 */
export async function scanLines(
  source: ByteSource,
  size: number,
  visit: (line: RawLine) => void,
  signal?: AbortSignal,
): Promise<void> {
  let number = 1;
  let window = WINDOW_BYTES;
  for (let start = 0; start < size;) {
    signal?.throwIfAborted();
    const bytes = source.read(start, Math.min(start + window, size));
    if (bytes.length === 0) return;
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      number = visitComplete(bytes.subarray(0, end), start, number, visit);
      start += end;
      window = WINDOW_BYTES;
    } else if (bytes.length < window) {
      visit(lineOf(bytes, 0, bytes.length, { start, number, isUtf8: isUtf8(bytes), isTerminated: false }));
      return;
    } else if (window < MAX_LINE_BYTES) {
      window *= 4;
    } else {
      const next = endOfLine(source, start + bytes.length, size);
      visit({
        number,
        offset: start,
        length: next.at - start,
        text: undefined,
        isUtf8: true,
        isTerminated: next.found,
      });
      number += 1;
      start = next.at + 1;
      window = WINDOW_BYTES;
    }
    await nextTurn();
  }
}

interface Where {
  readonly start: number;
  readonly number: number;
  readonly isUtf8: boolean;
  readonly isTerminated: boolean;
}

/** Returns the number of the next line. */
function visitComplete(bytes: Buffer, start: number, first: number, visit: (line: RawLine) => void): number {
  // One check for the whole window is far cheaper than one for each line.
  const isGood = isUtf8(bytes);
  let number = first;
  for (let from = 0; from < bytes.length; number += 1) {
    const end = bytes.indexOf(NEWLINE, from);
    const isGoodLine = isGood || isUtf8(bytes.subarray(from, end));
    visit(lineOf(bytes, from, end, { start, number, isUtf8: isGoodLine, isTerminated: true }));
    from = end + 1;
  }
  return number;
}

function lineOf(bytes: Buffer, from: number, end: number, { start, number, ...flags }: Where): RawLine {
  const text = bytes.toString("utf8", from, end);
  return { number, offset: start + from, length: end - from, text, ...flags };
}

function endOfLine(
  source: ByteSource,
  from: number,
  size: number,
): { readonly at: number; readonly found: boolean } {
  for (let at = from; at < size; at += WINDOW_BYTES) {
    const bytes = source.read(at, Math.min(at + WINDOW_BYTES, size));
    const newline = bytes.indexOf(NEWLINE);
    if (newline !== -1) return { at: at + newline, found: true };
    if (bytes.length === 0) break;
  }
  return { at: size, found: false };
}
