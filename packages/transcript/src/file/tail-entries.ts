import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { setImmediate as nextTurn, setTimeout } from "node:timers/promises";
import { anchorAt } from "./anchor.ts";
import { decodeEntry, decodeLine } from "./decode.ts";
import type { SessionEntry } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { entriesBefore } from "./file-entries.ts";
import { versionOf } from "./header.ts";
import { hasLineEnd, readLines } from "./lines.ts";
import { movesLeaf, navigated, Navigation, needsNavigation } from "./navigation.ts";
import { SessionFile } from "./session-file.ts";
import { readHeader } from "./tail.ts";

/** An entry and its place among the entries of the file. */
export interface SequencedEntry {
  /** 1 for the first entry of the file. */
  readonly seq: number;
  readonly entry: SessionEntry;
}

export interface TailOptions {
  /** The last entry that is known already. Default: 0, so all entries come. */
  readonly afterSeq?: number;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

const ANCHOR_BYTES = 64;
/** The longest that an entry goes unseen where the system does not report changes, as on some network file systems. */
const POLL_MS = 500;
/** How much is read before other work gets its turn, also where whoever takes the entries waits for nothing. */
const TURN_BYTES = 1024 * 1024;

/** The entries of a file, those of now and then those to come, whoever appends them. Never writes. */
export function tailEntries(
  path: string,
  { afterSeq = 0, signal }: TailOptions,
): AsyncGenerator<SequencedEntry> {
  // Of a number that is none, no entry would ever come.
  if (!Number.isSafeInteger(afterSeq) || afterSeq < 0)
    throw new RangeError(`afterSeq is the number of an entry, or 0, not ${String(afterSeq)}`);
  return follow(path, afterSeq, signal);
}

async function* follow(
  path: string,
  afterSeq: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<SequencedEntry> {
  const changes = new FileChanges(path);
  const cursor = new EntryCursor(path);
  let turnEnd = TURN_BYTES;
  try {
    while (!isOver(signal)) {
      // Armed before the reading, so that what is appended meanwhile is not slept over.
      const change = changes.arm();
      for (const found of cursor.readOn()) {
        if (found.seq > afterSeq) yield found;
        if (cursor.position >= turnEnd) {
          await nextTurn();
          turnEnd = cursor.position + TURN_BYTES;
        }
        if (isOver(signal)) return;
      }
      await sleep(signal ? AbortSignal.any([signal, change]) : change);
    }
  } finally {
    changes.close();
  }
}

/** Reads a growing file once. */
class EntryCursor {
  readonly #path: string;
  readonly #ids = new Set<string>();
  #position = 0;
  #anchor: Buffer = Buffer.alloc(0);
  /** How far the line that is not whole yet was looked through, and what stood there. */
  #unfinished = { end: 0, anchor: "" };
  #ordinal = -1;
  #navigation: Navigation | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Where the line behind the last entry begins, in bytes. */
  get position(): number {
    return this.#position;
  }

  *readOn(): Generator<SequencedEntry> {
    using file = SessionFile.open(this.#path, "read");
    if (file === undefined)
      throw new TranscriptError("NOT_FOUND", `${this.#path} is gone`, { sessionFile: this.#path });
    const { size } = file.stat();
    if (!this.#anchorIn(file).equals(this.#anchor)) throw this.#rewritten();
    if (size <= this.#position || !this.#hasWholeLine(file, size)) return;
    const version = versionOf(readHeader(file, size, this.#path));
    for (const { text, offset, next } of readLines(file, this.#position, size)) {
      this.#position = next;
      // Before the entry is given: who takes it may take an hour, and the file may be another one then.
      this.#anchor = this.#anchorIn(file);
      const fields = decodeLine(text);
      if (fields === undefined) continue;
      this.#ordinal += 1;
      const entry = decodeEntry(fields, version, this.#ordinal);
      if (entry === undefined || this.#ids.has(entry.id)) continue;
      this.#ids.add(entry.id);
      if (needsNavigation(version) || movesLeaf(entry))
        this.#navigation ??= navigationBefore(file, offset, version);
      yield { seq: this.#ids.size, entry: this.#navigation ? navigated(entry, this.#navigation) : entry };
    }
    this.#lookedThrough(file, size);
  }

  /** A torn tail may be huge and grow by little at a time, so only what is new of it is looked at. */
  #hasWholeLine(file: SessionFile, size: number): boolean {
    const { end, anchor } = this.#unfinished;
    // The lock's holder may have cut it off and written something else.
    const isSame = end > this.#position && end <= size && anchorAt(file, end) === anchor;
    if (hasLineEnd(file, isSame ? end : this.#position, size)) return true;
    this.#lookedThrough(file, size);
    return false;
  }

  #lookedThrough(file: SessionFile, end: number): void {
    this.#unfinished = { end, anchor: anchorAt(file, end) };
  }

  #anchorIn(file: SessionFile): Buffer {
    return file.read(Math.max(0, this.#position - ANCHOR_BYTES), this.#position);
  }

  #rewritten(): TranscriptError {
    return new TranscriptError(
      "CONFLICT",
      `${this.#path} was rewritten while it was followed, so its sequence is another one; begin anew`,
      { sessionFile: this.#path },
    );
  }
}

/** Where the leaf is behind the entries before `end`. Until one of them moves it, they all are where they say. */
function navigationBefore(file: SessionFile, end: number, version: number): Navigation {
  const navigation = new Navigation(version);
  const ids = new Set<string>();
  for (const entry of entriesBefore(file, end, version)) {
    if (!ids.has(entry.id)) navigation.take(entry);
    ids.add(entry.id);
  }
  return navigation;
}

/** Tells when a file may have changed. */
class FileChanges {
  readonly #path: string;
  #watcher: FSWatcher | undefined;
  #changed = new AbortController();

  constructor(path: string) {
    this.#path = path;
  }

  /** A signal that aborts at the next change. */
  arm(): AbortSignal {
    this.#changed = new AbortController();
    this.#watcher ??= this.#watch();
    return this.#changed.signal;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#path, (event) => {
        // Another file took the name: the next turn watches that one.
        if (event === "rename") this.close();
        this.#changed.abort();
      });
      return watcher.on("error", () => this.close());
    } catch {
      // Gone, or out of watches: the poll still looks, and says so where the file is gone.
      return undefined;
    }
  }
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

async function sleep(signal: AbortSignal): Promise<void> {
  await setTimeout(POLL_MS, undefined, { signal }).catch(() => {
    // Woken early, which is the point.
  });
}
