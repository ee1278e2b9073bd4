import { constants } from "node:buffer";
import { withoutMark } from "./byte-order-mark.ts";

/** A complete line of a file, without its newline. */
export interface Line {
  /** As `lineText` has it; at the beginning of a file without a byte order mark. */
  readonly text: string;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Where the next one begins. */
  readonly next: number;
}

/** What lines are read from. */
export interface ByteSource {
  read(start: number, end: number): Buffer;
}

/** Longer lines are not read: nothing that writes a session makes them, and they must not fill the memory. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const OPENING_BRACE = 0x7b;
const LAST_ASCII = 0x7f;

/** The complete lines between two offsets. An unterminated rest is not a line: it may be a write in progress. */
export function* readLines(source: ByteSource, start: number, end: number): Generator<Line> {
  let pending: Buffer[] = [];
  let offset = start;
  let longFrom = -1;
  for (let position = start; position < end;) {
    const chunk = source.read(position, Math.min(position + CHUNK_BYTES, end));
    if (chunk.length === 0) return;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, at);
      const text = lineText(pending.length === 0 ? rest : Buffer.concat([...pending, rest]));
      pending = [];
      from = at + 1;
      yield { text: offset === 0 ? withoutMark(text) : text, offset, next: position + from };
      offset = position + from;
    }
    if (from < chunk.length) pending.push(chunk.subarray(from));
    position += chunk.length;
    if (position - offset <= MAX_LINE_BYTES || longFrom === offset) continue;
    // What a crash left behind may be a gigabyte of zeros: only a line that ends, and may be an entry, is kept in memory.
    if (!hasLineEnd(source, position, end)) return;
    longFrom = offset;
    if (pending[0] !== undefined && mayBeObject(pending[0])) continue;
    pending = [];
    position = behindLine(source, position, end);
    yield { text: "", offset, next: position };
    offset = position;
  }
}

/** A line as text. Empty where that holds no entry for sure: no object begins so, or no string is so long. */
export function lineText(line: Buffer): string {
  return line.length <= constants.MAX_STRING_LENGTH && mayBeObject(line) ? line.toString("utf8") : "";
}

/** Whether a line ends between two offsets. */
export function hasLineEnd(source: ByteSource, start: number, end: number): boolean {
  for (const chunk of piecesOf(source, start, end)) if (chunk.includes(NEWLINE)) return true;
  return false;
}

/** Where the next line begins: behind the first newline from `start` on, or at `end`. */
export function behindLine(source: ByteSource, start: number, end: number): number {
  let at = start;
  for (const piece of piecesOf(source, start, end)) {
    const newline = piece.indexOf(NEWLINE);
    if (newline !== -1) return at + newline + 1;
    at += piece.length;
  }
  return end;
}

/** The bytes between two offsets, a piece at a time, as far as there are any. */
export function* piecesOf(source: ByteSource, start: number, end: number): Generator<Buffer> {
  for (let position = start; position < end;) {
    const piece = source.read(position, Math.min(position + CHUNK_BYTES, end));
    if (piece.length === 0) return;
    yield piece;
    position += piece.length;
  }
}

/** The complete lines of `bytes`, last one first; the first one only when the bytes begin where a line does. */
export function* linesFromEnd(bytes: Buffer, beginsWithLine: boolean): Generator<string> {
  let end = bytes.lastIndexOf(NEWLINE);
  while (end > 0) {
    const start = bytes.lastIndexOf(NEWLINE, end - 1) + 1;
    if (start === 0 && !beginsWithLine) return;
    yield lineText(bytes.subarray(start, end));
    end = start - 1;
  }
}

/** False for a line whose first byte is neither that of an object nor of what may stand before one. */
export function mayBeObject([first = 0]: Buffer): boolean {
  return first === OPENING_BRACE || (first > 0 && first <= SPACE) || first > LAST_ASCII;
}
