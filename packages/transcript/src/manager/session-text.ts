import { withoutMark } from "../file/byte-order-mark.ts";
import { decodeEntry, decodeLine } from "../file/decode.ts";
import type { CompactionEntry, SessionEntry, SessionHeader } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { parseHeader, versionOf } from "../file/header.ts";
import { readLines } from "../file/lines.ts";
import type { Line } from "../file/lines.ts";
import { navigated, Navigation, needsNavigation } from "../file/navigation.ts";
import { SessionFile } from "../file/session-file.ts";

/**
 * The header and the entries of a session's text, entries of version 1 and 2 in version 3 form. Lines that hold none are
 * left out. Throws `NOT_A_SESSION` or `UNSUPPORTED_VERSION`; empty text gives an empty list.
 */
export function parseSessionEntries(content: string): (SessionHeader | SessionEntry)[] {
  return entriesIn(withoutMark(content).split("\n"));
}

/** As `parseSessionEntries` for a file, whatever its size. A missing file gives an empty list. */
export function loadEntriesFromFile(file: string): (SessionHeader | SessionEntry)[] {
  using source = SessionFile.open(file, "read");
  if (source === undefined) return [];
  try {
    return entriesIn(textsOf(readLines(source, 0, source.stat().size)));
  } catch (error) {
    if (error instanceof TranscriptError && error.code === "NOT_A_SESSION") return [];
    throw error;
  }
}

/** Null where there is none, as in pi. */
export function getLatestCompactionEntry(entries: readonly SessionEntry[]): CompactionEntry | null {
  return entries.findLast((entry) => entry.type === "compaction") ?? null;
}

function* textsOf(lines: Iterable<Line>): Generator<string> {
  for (const { text } of lines) yield text;
}

function entriesIn(lines: Iterable<string>): (SessionHeader | SessionEntry)[] {
  const found: (SessionHeader | SessionEntry)[] = [];
  let version = 0;
  let ordinal = 0;
  for (const line of lines) {
    const fields = decodeLine(line);
    if (fields === undefined) continue;
    if (found.length === 0) {
      const header = parseHeader(line, "the text");
      version = versionOf(header);
      found.push(header);
      continue;
    }
    ordinal += 1;
    const entry = decodeEntry(fields, version, ordinal);
    if (entry) found.push(entry);
  }
  if (!needsNavigation(version)) return found;
  const navigation = new Navigation(version);
  return found.map((one) => (one.type === "session" ? one : navigated(one, navigation)));
}
