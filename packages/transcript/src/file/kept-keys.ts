import { anchorAt } from "./anchor.ts";
import { decodeEntry, decodeLine } from "./decode.ts";
import { deferredFromOf } from "../append/deferred.ts";
import type { Span } from "./entry-scan.ts";
import { idempotencyKeyOf } from "../entry.ts";
import type { SessionEntry } from "../entry.ts";
import { behindLine, lineText, mayBeObject } from "./lines.ts";
import type { SessionFile } from "./session-file.ts";

/** A session file, open, as its reader knows it. */
interface KeyedFile {
  readonly file: SessionFile;
  /** End of the last complete line. */
  readonly end: number;
  readonly version: number;
}

// Shared by every copy of this package in the process, so that the bound is one for all of them.
const KEPT = Symbol.for("@session-lock/transcript.kept-keys.1");
const MAX_FILES = 64;
const MAX_KEYS = 200_000;
const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const NAME = '"idempotencyKey"';

/**
 * Which entry has which idempotency key, for the session files this process used last, whoever opened them how often.
 *
 * The first question about a file reads all of it, each later one only what is new since. What a key leads to is read from
 * the file each time, so an answer is never older than the file.
 */
class KeptKeys {
  readonly #files = new Map<string, FileKeys>();

  find(keyed: KeyedFile, key: string): SessionEntry | undefined {
    const { path } = keyed.file;
    const { dev, ino } = keyed.file.opened;
    const name = `${dev} ${ino} ${path}`;
    const known = this.#files.get(name) ?? new FileKeys();
    this.#files.delete(name);
    this.#files.set(name, known);
    const found = known.find(keyed, key);
    this.#dropOldest();
    return found;
  }

  /** The one asked last stays, however many keys it has. */
  #dropOldest(): void {
    let keys = 0;
    for (const { size } of this.#files.values()) keys += size;
    for (const [name, { size }] of this.#files) {
      if (this.#files.size === 1 || (this.#files.size <= MAX_FILES && keys <= MAX_KEYS)) return;
      this.#files.delete(name);
      keys -= size;
    }
  }
}

/** The keys of one file, up to where it was read. */
class FileKeys {
  readonly #spans = new Map<string, KeyedSpan>();
  #end = 0;
  /** What stood before `#end`. */
  #anchor = "";

  get size(): number {
    return this.#spans.size;
  }

  find(keyed: KeyedFile, key: string): SessionEntry | undefined {
    this.#readOn(keyed);
    const span = this.#spans.get(key);
    if (span === undefined) return undefined;
    const entry = entryIn(keyed.file.read(span.offset, span.next), keyed.version);
    if (entry !== undefined && idempotencyKeyOf(entry) === key) return entry;
    // Rewritten without growing: nothing that is known of it holds.
    this.#forget();
    this.#readOn(keyed);
    const again = this.#spans.get(key);
    return again && entryIn(keyed.file.read(again.offset, again.next), keyed.version);
  }

  #readOn({ file, end, version }: KeyedFile): void {
    // Also where it is as long as it was: a file that took the place of one that was deleted may have that one's number.
    if (end < this.#end || anchorAt(file, this.#end) !== this.#anchor) this.#forget();
    if (end === this.#end) return;
    for (const { bytes, offset } of wholeLines(file, this.#end, end)) this.#note(bytes, offset, version);
    this.#end = end;
    this.#anchor = anchorAt(file, end);
  }

  #forget(): void {
    this.#spans.clear();
    this.#end = 0;
    this.#anchor = "";
  }

  /** Only lines that name a key are looked at, which is what makes this a matter of the disk's speed. */
  #note(bytes: Buffer, offset: number, version: number): void {
    for (let at = bytes.indexOf(NAME); at !== -1;) {
      const start = bytes.lastIndexOf(NEWLINE, at) + 1;
      const next = bytes.indexOf(NEWLINE, at) + 1;
      const entry = entryIn(bytes.subarray(start, next), version);
      const key = entry && idempotencyKeyOf(entry);
      if (entry && key !== undefined) this.#keep(key, entry, { offset: offset + start, next: offset + next });
      at = bytes.indexOf(NAME, next);
    }
  }

  /** The first entry has the key, until the message that it deferred is on a branch; on another one that is a copy. */
  #keep(key: string, entry: SessionEntry, span: Span): void {
    const isPlaced = deferredFromOf(entry) !== undefined;
    const known = this.#spans.get(key);
    if (known === undefined || (isPlaced && !known.isPlaced)) this.#spans.set(key, { ...span, isPlaced });
  }
}

interface KeyedSpan extends Span {
  /** It is a message that was deferred before. */
  readonly isPlaced: boolean;
}

/** Runs of complete lines, as many at a time as fit into memory of a fixed size, or one that is longer. */
function* wholeLines(
  file: SessionFile,
  start: number,
  end: number,
): Generator<{ readonly bytes: Buffer; readonly offset: number }> {
  for (let offset = start, length = CHUNK_BYTES; offset < end;) {
    const chunk = file.read(offset, Math.min(offset + length, end));
    const bytes = chunk.subarray(0, chunk.lastIndexOf(NEWLINE) + 1);
    if (chunk.length === 0) return;
    if (bytes.length > 0) yield { bytes, offset };
    else if (offset + length >= end) return;
    const isSkipped = bytes.length === 0 && !mayBeObject(chunk);
    offset = isSkipped ? behindLine(file, offset + length, end) : offset + bytes.length;
    length = bytes.length === 0 && !isSkipped ? length * 2 : CHUNK_BYTES;
  }
}

function entryIn(line: Buffer, version: number): SessionEntry | undefined {
  const fields = decodeLine(lineText(line));
  return fields && decodeEntry(fields, version, 0);
}

function shared(): KeptKeys {
  const existing: unknown = Reflect.get(globalThis, KEPT);
  if (isKeptKeys(existing)) return existing;
  const created = new KeptKeys();
  Reflect.set(globalThis, KEPT, created);
  return created;
}

/** The symbol names the protocol, so whatever is there was put there by a copy that agrees on it. */
function isKeptKeys(value: unknown): value is KeptKeys {
  return value !== undefined;
}

/** Those of this process. */
export const keptKeys: KeptKeys = shared();
