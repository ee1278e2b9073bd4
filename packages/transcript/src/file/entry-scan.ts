import { decodeEntry, decodeLine } from "./decode.ts";
import type { SessionEntry } from "../entry.ts";
import { behindLine, lineText, mayBeObject } from "./lines.ts";
import type { ByteSource } from "./lines.ts";

/** Where a line is: its first byte, and the first one of the next. */
export interface Span {
  readonly offset: number;
  readonly next: number;
}

/** An entry as its line's ends tell it. */
export interface ScannedEntry extends Span {
  readonly id: string;
  readonly parentId: string | null;
  /** There when the line had to be parsed to be understood. */
  readonly entry: SessionEntry | undefined;
}

/** What can be read into memory that is there already. */
export interface RefillableSource extends ByteSource {
  readInto(bytes: Buffer, start: number): number;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const CLOSING_BRACE = 0x7d;
const HEAD_BYTES = 256;
const SIDE_MARK = '"appendMode"';
const ASCII = String.raw`[^"\\\x00-\x1f\x7f-\xff]+`;
const PLACE = String.raw`"id":"(${ASCII})","parentId":(?:null|"(${ASCII})"),"timestamp":"${ASCII}"`;
/** `type, id, parentId, timestamp, …`: the order pi and we write. Labels, names and what moves the leaf are wanted whole. */
const PLAIN_HEAD = new RegExp(
  String.raw`^\{"type":"(?!label"|leaf"|session_info"|session"|custom)${ASCII}",${PLACE}[,}]`,
);
/** `type, customType, …, id, parentId, timestamp`. As no quote in it is escaped, these are members of the outermost object. */
const CUSTOM_HEAD = /^\{"type":"custom(?:_message)?","customType":/;
const CUSTOM_TAIL = new RegExp(String.raw`,${PLACE}\}$`);

/**
 * The entries of complete lines, in file order, mostly without parsing them: their id and parent stand at the beginning
 * (or, for extension entries, at the end) of the line.
 *
 * That the rest of such a line is JSON shows only when it is parsed: whoever finds that it is not must read all lines.
 * An object that has one name twice, which no JSON writer makes, is known by its first `id` here.
 */
export function* scanEntries(
  source: RefillableSource,
  end: number,
  version: number,
): Generator<ScannedEntry> {
  for (const { bytes, offset, next, isWanted } of byteLines(source, end)) {
    const place = isWanted ? undefined : placeOf(bytes);
    if (place !== undefined) {
      yield { ...place, offset, next, entry: undefined };
      continue;
    }
    const entry = parseEntry(bytes, version);
    if (entry) yield { id: entry.id, parentId: entry.parentId, offset, next, entry };
  }
}

/** The entries in these lines, undefined for a line that holds none. Lines that lie together are read together. */
export function* readEntries(
  source: ByteSource,
  spans: Iterable<Span>,
  version: number,
): Generator<SessionEntry | undefined> {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  for (const { offset, next } of spans) {
    if (offset < start || next > start + window.length) {
      start = offset;
      window = source.read(offset, Math.max(next, offset + CHUNK_BYTES));
    }
    yield parseEntry(window.subarray(offset - start, next - start), version);
  }
}

interface ByteLine extends Span {
  readonly bytes: Buffer;
  /** It, or a line near it, may lie beside the active branch, which only the whole line tells. */
  readonly isWanted: boolean;
}

/** The bytes of each line hold until the next one is asked for: all lines are read into the same memory. */
function* byteLines(source: RefillableSource, end: number): Generator<ByteLine> {
  let memory: Buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let kept = 0;
  let offset = 0;
  for (let position = 0; position < end;) {
    const limit = Math.min(memory.length, kept + end - position);
    const count = source.readInto(memory.subarray(kept, limit), position);
    if (count === 0) return;
    position += count;
    const bytes = memory.subarray(0, kept + count);
    let from = 0;
    const isWanted = bytes.includes(SIDE_MARK);
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      const next = offset + at + 1 - from;
      yield { bytes: bytes.subarray(from, at), offset, next, isWanted };
      offset = next;
      from = at + 1;
    }
    if (from === 0 && !mayBeObject(bytes)) {
      // It may be a gigabyte of zeros.
      position = behindLine(source, position, end);
      offset = position;
      kept = 0;
      continue;
    }
    kept = bytes.length - from;
    // A line that fills the memory needs more of it.
    const larger =
      from === 0 && bytes.length === memory.length ? Buffer.allocUnsafe(memory.length * 2) : memory;
    bytes.copy(larger, 0, from);
    memory = larger;
  }
}

function placeOf(line: Buffer): { readonly id: string; readonly parentId: string | null } | undefined {
  if (line.at(-1) !== CLOSING_BRACE) return undefined;
  const head = line.toString("latin1", 0, HEAD_BYTES);
  const isCustom = CUSTOM_HEAD.test(head);
  const start = isCustom ? Math.max(0, line.length - HEAD_BYTES) : 0;
  const match = isCustom ? CUSTOM_TAIL.exec(line.toString("latin1", start)) : PLAIN_HEAD.exec(head);
  const id = match?.[1];
  if (match === null || id === undefined) return undefined;
  // A part of a string keeps the whole of it in memory, so the id is copied out of the line's bytes.
  const at = start + match.index + match[0].indexOf('"id":"') + 6;
  return { id: line.toString("latin1", at, at + id.length), parentId: match[2] ?? null };
}

function parseEntry(line: Buffer, version: number): SessionEntry | undefined {
  const fields = decodeLine(lineText(line));
  return fields && decodeEntry(fields, version, 0);
}
