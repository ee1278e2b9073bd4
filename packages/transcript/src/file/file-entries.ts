import { decodeEntry, decodeLine } from "./decode.ts";
import { readEntries, scanEntries } from "./entry-scan.ts";
import type { ScannedEntry, Span } from "./entry-scan.ts";
import type { SessionEntry } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { readLines } from "./lines.ts";
import type { ByteSource } from "./lines.ts";
import { SessionFile } from "./session-file.ts";
import type { EntrySource } from "./session-index.ts";

/** A session file as its reader knows it. */
export interface KnownFile {
  readonly path: string;
  readonly version: number;
  /** End of the last complete line that the reader has seen. */
  readonly end: number;
}

/** Reads entries of a session file, each time from the file. `known` is asked each time too. */
export function fileEntries(known: () => KnownFile): EntrySource {
  return {
    all: () => parseAll(known()),
    scan: () => scanAll(known()),
    at: (spans) => parseSome(known(), spans),
  };
}

/** The entries before `end`. Those of version 1 are named after their place among the objects of the file. */
export function* entriesBefore(source: ByteSource, end: number, version: number): Generator<SessionEntry> {
  let ordinal = -1;
  for (const { text } of readLines(source, 0, end)) {
    const fields = decodeLine(text);
    if (fields === undefined) continue;
    ordinal += 1;
    const entry = decodeEntry(fields, version, ordinal);
    if (entry) yield entry;
  }
}

function* parseAll({ path, version, end }: KnownFile): Generator<SessionEntry> {
  using file = openKnown(path);
  yield* entriesBefore(file, end, version);
}

function* scanAll({ path, version, end }: KnownFile): Generator<ScannedEntry> {
  using file = openKnown(path);
  yield* scanEntries(file, end, version);
}

function* parseSome(
  { path, version }: KnownFile,
  spans: Iterable<Span>,
): Generator<SessionEntry | undefined> {
  using file = openKnown(path);
  yield* readEntries(file, spans, version);
}

function openKnown(path: string): SessionFile {
  const file = SessionFile.open(path, "read");
  if (file) return file;
  throw new TranscriptError("NOT_FOUND", `${path} is gone`, { sessionFile: path });
}
