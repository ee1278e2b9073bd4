import { decodeEntry, decodeLine } from "./decode.ts";
import type { SessionHeader } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { parseHeader, versionOf } from "./header.ts";
import { linesFromEnd, readLines } from "./lines.ts";
import type { ByteSource } from "./lines.ts";
import { movesLeaf, needsNavigation } from "./navigation.ts";

/** What the end of a session file says. */
export interface Tail {
  /** Where the last complete line ends; bytes behind it are unacknowledged. */
  readonly end: number;
  /** The id of the last entry, the one an append continues. */
  readonly leafId: string | undefined;
  /** True where the last entry does not tell the leaf: all of them do together. */
  readonly isOpen: boolean;
}

const MAX_HEADER_BYTES = 1024 * 1024;
const FIRST_WINDOW_BYTES = 8 * 1024;
const MAX_PIECE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Reads the header only. Throws `NOT_A_SESSION` or `UNSUPPORTED_VERSION`. */
export function readHeader(source: ByteSource, size: number, sessionFile: string): SessionHeader {
  const limit = Math.min(size, MAX_HEADER_BYTES);
  for (let window = 4096; ; window *= 4) {
    const end = Math.min(window, limit);
    for (const line of readLines(source, 0, end)) {
      if (line.text.trim() !== "") return parseHeader(line.text, sessionFile);
    }
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
 * Finds the leaf from the end, in two reads of a few KB whatever the size of the file.
 *
 * Reads more only when the last entry is longer than that. Not for version 1, whose entries have no ids.
 */
export function readTail(source: ByteSource, size: number, header: SessionHeader): Tail {
  const version = versionOf(header);
  const isOpen = version < 2 || needsNavigation(version);
  const end = endOfLastLine(source, size);
  for (let window = FIRST_WINDOW_BYTES; ; window *= 4) {
    const start = Math.max(0, end - window);
    for (const line of linesFromEnd(source.read(start, end), start === 0)) {
      const fields = decodeLine(line);
      const entry = fields && decodeEntry(fields, version, 0);
      if (entry) return { end, leafId: entry.id, isOpen: isOpen || movesLeaf(entry) };
    }
    if (start === 0) return { end, leafId: undefined, isOpen };
  }
}

/** What a crash left behind the last line may be a gigabyte of zeros, so it is looked at piece by piece. */
function endOfLastLine(source: ByteSource, size: number): number {
  for (let end = size, piece = FIRST_WINDOW_BYTES; end > 0; piece = MAX_PIECE_BYTES) {
    const start = Math.max(0, end - piece);
    const newline = source.read(start, end).lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    end = start;
  }
  return 0;
}
