import { anchorAt } from "./anchor.ts";
import { decodeEntry, decodeLine } from "./decode.ts";
import type { SessionEntry, SessionHeader } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { parseHeader, versionOf } from "./header.ts";
import { linesFromEnd } from "./lines.ts";
import type { ByteSource } from "./lines.ts";
import { becomesLeaf } from "./navigation.ts";

/** What the end of a session file says. */
export interface Tail {
  /** Where the last complete line ends; bytes behind it are unacknowledged. */
  readonly end: number;
  /** See `anchorAt`. */
  readonly anchor: string;
  /** The last entry, the one an append continues. */
  readonly last: SessionEntry | undefined;
  /** True where the last entry does not tell the leaf: all of them do together. */
  readonly isOpen: boolean;
}

/** Complete lines at the end of a file, but for the first, which may have lost its beginning. */
interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
}

const FIRST_HEADER_BYTES = 1024;
const MAX_HEADER_BYTES = 1024 * 1024;
const FIRST_WINDOW_BYTES = 8 * 1024;
const MAX_PIECE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Reads the header only. Throws `NOT_A_SESSION` or `UNSUPPORTED_VERSION`. */
export function readHeader(source: ByteSource, size: number, sessionFile: string): SessionHeader {
  const limit = Math.min(size, MAX_HEADER_BYTES);
  for (let window = FIRST_HEADER_BYTES; ; window *= 4) {
    const end = Math.min(window, limit);
    const line = firstLine(source.read(0, end));
    if (line !== undefined) return parseHeader(line, sessionFile);
    if (end < limit) continue;
    // A header alone in its file may have lost its newline; then the whole file is the line.
    if (size <= MAX_HEADER_BYTES) return parseHeader(source.read(0, size).toString("utf8"), sessionFile);
    throw new TranscriptError(
      "NOT_A_SESSION",
      `${sessionFile} has no header in its first ${MAX_HEADER_BYTES} bytes`,
      {
        sessionFile,
      },
    );
  }
}

/**
 * Finds the leaf from the end, in one read of a few KB whatever the size of the file.
 *
 * Reads more only when the last entry is longer than that. Not for version 1, whose entries have no ids.
 */
export function readTail(source: ByteSource, size: number, header: SessionHeader): Tail {
  const version = versionOf(header);
  let { start, bytes } = lastPiece(source, size);
  const end = start + bytes.length;
  for (let window = FIRST_WINDOW_BYTES; ; window *= 4) {
    const last = lastEntry(bytes, start === 0, version);
    if (last !== undefined || start === 0) {
      const anchor = anchorAt(source, end, bytes);
      const isOpen = version < 2 || (last !== undefined && !becomesLeaf(last, version));
      return { end, anchor, last, isOpen };
    }
    start = Math.max(0, end - window);
    bytes = source.read(start, end);
  }
}

/** What a crash left behind the last line may be a gigabyte of zeros, so it is looked at piece by piece. */
function lastPiece(source: ByteSource, size: number): Piece {
  for (let end = size, length = FIRST_WINDOW_BYTES; end > 0; length = MAX_PIECE_BYTES) {
    const start = Math.max(0, end - length);
    const bytes = source.read(start, end);
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline !== -1) return { start, bytes: bytes.subarray(0, newline + 1) };
    end = start;
  }
  return { start: 0, bytes: Buffer.alloc(0) };
}

function lastEntry(bytes: Buffer, beginsWithLine: boolean, version: number): SessionEntry | undefined {
  for (const line of linesFromEnd(bytes, beginsWithLine)) {
    const fields = decodeLine(line);
    const entry = fields && decodeEntry(fields, version, 0);
    if (entry) return entry;
  }
  return undefined;
}

function firstLine(bytes: Buffer): string | undefined {
  for (let from = 0, at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
    const line = bytes.toString("utf8", from, at);
    if (line.trim() !== "") return line;
    from = at + 1;
  }
  return undefined;
}
