import { constants } from "node:buffer";
import { randomBytes } from "node:crypto";
import { decodeEntry, decodeLine } from "../file/decode.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { CURRENT_SESSION_VERSION } from "../file/header.ts";
import { MAX_LINE_BYTES } from "../file/lines.ts";
import type { ToolGroup } from "./tool-group.ts";

/** An entry and its line, which say the same. */
export interface PlacedEntry {
  readonly id: string;
  /** With its newline. */
  readonly line: string;
  /** True for an entry that neither is nor holds a tool call, a tool result, something deferred or what moves the leaf. */
  readonly isPlain: boolean;
  /** What the line says, so that memory never differs from disk. Read from it when it is first asked for. */
  readonly entry: SessionEntry;
}

/** What this process appended in one write. */
export interface Written {
  readonly placed: readonly PlacedEntry[];
  readonly bytes: Buffer;
  /** The tool calls that are open behind it. Default: those that were before. */
  readonly group?: ToolGroup;
}

// Quotes inside a JSON string are escaped, so a name between bare quotes is never part of a text.
const NOT_PLAIN = /"(?:toolCall|toolResult|deferredFrom|leaf|appendMode|session-lock\.[a-z-]+)"/;

/** Gives a draft its id, parent and time. Throws `INVALID_MESSAGE` when its line would be none, or longer than any that is read. */
export function placeEntry(draft: EntryDraft, parentId: string | null, id = newEntryId()): PlacedEntry {
  const line = draft.encode({ id, parentId, timestamp: timestampOf(Date.now()) });
  if (draft.isPlain === true) return new PlainEntry(id, line);
  assertReadable(line);
  // A draft of an entry that exists keeps that one's id.
  if (!line.includes(id) || NOT_PLAIN.test(line)) {
    const entry = read(line);
    return { id: entry.id, line, isPlain: false, entry };
  }
  return new PlainEntry(id, line);
}

/** The lines of entries. One string for all lines is the quickest, but no string holds as much as many large messages of one moment. */
export function bytesOf(placed: readonly PlacedEntry[]): Buffer {
  const [first] = placed;
  if (first !== undefined && placed.length === 1) return Buffer.from(first.line);
  const lines = placed.map(({ line }) => line);
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (length <= constants.MAX_STRING_LENGTH) return Buffer.from(lines.join(""));
  return Buffer.concat(lines.map((line) => Buffer.from(line)));
}

const ID_LENGTH = 16;
/** Asking the system for as many at a time costs as much as asking for one. */
const random = { digits: "", used: 0 };

/** 64 random bits: no index is needed to know that it is new. */
export function newEntryId(): string {
  if (random.used >= random.digits.length) {
    random.digits = randomBytes((256 * ID_LENGTH) / 2).toString("hex");
    random.used = 0;
  }
  const start = random.used;
  random.used += ID_LENGTH;
  return random.digits.slice(start, random.used);
}

let spelled = { at: 0, timestamp: "" };

/** In a burst many entries are of one millisecond, and spelling it costs as much as half a write. */
function timestampOf(now: number): string {
  if (spelled.at !== now) spelled = { at: now, timestamp: new Date(now).toISOString() };
  return spelled.timestamp;
}

class PlainEntry implements PlacedEntry {
  readonly id: string;
  readonly line: string;
  readonly isPlain = true;
  #entry: SessionEntry | undefined;

  constructor(id: string, line: string) {
    this.id = id;
    this.line = line;
  }

  get entry(): SessionEntry {
    return (this.#entry ??= read(this.line));
  }
}

/** Not every draft was measured when it was made, and what is around an entry has a length too. */
function assertReadable(line: string): void {
  // A character is three bytes at most, so most are not counted.
  if (line.length * 3 <= MAX_LINE_BYTES || Buffer.byteLength(line) <= MAX_LINE_BYTES) return;
  throw new TranscriptError("INVALID_MESSAGE", `the line of an entry has at most ${MAX_LINE_BYTES} bytes`);
}

function read(line: string): SessionEntry {
  const fields = decodeLine(line);
  const entry = fields && decodeEntry(fields, CURRENT_SESSION_VERSION, 0);
  if (entry === undefined) throw new TranscriptError("INVALID_MESSAGE", "the entry does not survive JSON");
  return entry;
}
