import { decodeEntry, decodeLine } from "../file/decode.ts";
import type { CompactionEntry, SessionEntry, SessionHeader } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { parseHeader, versionOf } from "../file/header.ts";
import { navigated, Navigation, needsNavigation } from "../file/navigation.ts";
import { SessionFile } from "../file/session-file.ts";

/**
 * The header and the entries of a session's text, entries of version 1 and 2 in version 3 form. Lines that hold none are
 * left out. Throws `NOT_A_SESSION` or `UNSUPPORTED_VERSION`; empty text gives an empty list.
 */
export function parseSessionEntries(content: string): (SessionHeader | SessionEntry)[] {
  const objects = content.split("\n").flatMap((line) => {
    const fields = decodeLine(line);
    return fields ? [{ line, fields }] : [];
  });
  const [first, ...rest] = objects;
  if (first === undefined) return [];
  const header = parseHeader(first.line, "the text");
  const version = versionOf(header);
  const entries = rest.flatMap(({ fields }, at) => decodeEntry(fields, version, at + 1) ?? []);
  if (!needsNavigation(version)) return [header, ...entries];
  const navigation = new Navigation(version);
  return [header, ...entries.map((entry) => navigated(entry, navigation))];
}

/** As `parseSessionEntries` for a file, of which it reads all at once. A missing file gives an empty list. */
export function loadEntriesFromFile(file: string): (SessionHeader | SessionEntry)[] {
  using source = SessionFile.open(file, "read");
  if (source === undefined) return [];
  const bytes = source.read(0, source.stat().size);
  try {
    // Behind the last newline may be a write in progress.
    return parseSessionEntries(bytes.toString("utf8", 0, bytes.lastIndexOf(0x0a) + 1));
  } catch (error) {
    if (error instanceof TranscriptError && error.code === "NOT_A_SESSION") return [];
    throw error;
  }
}

/** Null where there is none, as in pi. */
export function getLatestCompactionEntry(entries: readonly SessionEntry[]): CompactionEntry | null {
  return entries.findLast((entry) => entry.type === "compaction") ?? null;
}
