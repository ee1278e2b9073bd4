import { anchorAt, anchorOf, anchorOfText } from "./anchor.ts";
import { groupBegunBy, readBranchEnd } from "../append/branch-end.ts";
import { Certainty } from "./certainty.ts";
import { decodeEntry, decodeLine } from "./decode.ts";
import type { SessionEntry, SessionHeader } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { fileEntries } from "./file-entries.ts";
import { versionOf } from "./header.ts";
import { keptFiles } from "./kept-files.ts";
import { keptKeys } from "./kept-keys.ts";
import { readLines } from "./lines.ts";
import type { Line } from "./lines.ts";
import type { PlacedEntry, Written } from "../append/place-entry.ts";
import { becomesLeaf } from "./navigation.ts";
import { isContinuation, isLastEntry, isSettled, isUntouched, knownBehind } from "./known-end.ts";
import type { KnownEnd } from "./known-end.ts";
import type { FileStat, LeftBehind, SessionFile } from "./session-file.ts";
import { SessionIndex } from "./session-index.ts";
import type { EntrySource } from "./session-index.ts";
import { readHeader, readTail } from "./tail.ts";
import { ToolGroup } from "../append/tool-group.ts";

/**
 * What this process knows of one session file: its header, its end and, once somebody asked, its entries and keys.
 *
 * Knowing more costs one look at the file and the bytes that are new. Reads never write and need no lock; a log that is
 * brought up to date under the lock is the truth until the lock is released.
 */
export class SessionLog {
  readonly path: string;
  #header: SessionHeader;
  #known: KnownEnd | undefined;
  #index: SessionIndex | undefined;
  #group: ToolGroup | undefined;
  readonly #certainty = new Certainty();

  private constructor(path: string, header: SessionHeader) {
    this.path = path;
    this.#header = header;
  }

  /** Reads header and tail. Undefined when there is no file, or an empty one. */
  static open(path: string): SessionLog | undefined {
    return keptFiles.read(path, ({ file, stat }) => {
      if (stat.size === 0) return undefined;
      const log = new SessionLog(path, readHeader(file, stat.size, path));
      log.#readEnd(file, stat);
      return log;
    });
  }

  /** A session that is not on disk yet: its first append makes the file. */
  static fresh(path: string, header: SessionHeader): SessionLog {
    return new SessionLog(path, header);
  }

  get header(): SessionHeader {
    return this.#header;
  }

  get isOnDisk(): boolean {
    return this.#known !== undefined;
  }

  get leafId(): string | undefined {
    return this.#known?.leafId;
  }

  /** End of the last complete line, and of the file: where they differ there is a torn tail. */
  get bounds(): { readonly end: number; readonly size: number } {
    return this.#known ?? { end: 0, size: 0 };
  }

  /** Whether what is known is of the file that was found. */
  isIn({ dev, ino }: FileStat): boolean {
    return dev === this.#known?.dev && ino === this.#known.ino;
  }

  /** Takes in what was appended since the last look. Throws `NOT_FOUND` when a file that was there is gone. */
  refresh(): void {
    const isThere = keptFiles.read(this.path, ({ file, stat }) => {
      this.update(file, stat);
      return true;
    });
    if (!isThere && this.isOnDisk)
      throw new TranscriptError("NOT_FOUND", `${this.path} is gone`, { sessionFile: this.path });
  }

  /**
   * As `update`, by the lock's owner of this epoch. What stands there now may be as long as what was read and end alike, as
   * the same message does that is appended again, so the last entry itself is looked at.
   */
  confirm(file: SessionFile, stat: FileStat, epoch: number | undefined): void {
    const lastId = this.#index?.isNavigated === true ? this.#index.entries.at(-1)?.id : this.leafId;
    if (this.#certainty.isGivenIn(epoch) || isLastEntry(lastId, file, this.bounds.end, this.#header))
      this.update(file, stat);
    else this.#load(file, stat);
    this.#certainty.confirm(epoch);
  }

  /** Whether nobody else can have had the lock since this process had it last, as the owner of this epoch asks. */
  isOwnIn(epoch: number): boolean {
    return this.#certainty.goesOnIn(epoch);
  }

  /** The end of the file for the lock's owner of this epoch, where nothing is to be read, mended or waited for first. */
  quietEnd(stat: FileStat, epoch: number | undefined): KnownEnd | undefined {
    const known = this.#known;
    if (known === undefined || !isUntouched(known, stat) || !this.#certainty.isGivenIn(epoch))
      return undefined;
    if (this.#group?.isIdle !== true || this.unsound || versionOf(this.#header) < 2) return undefined;
    this.#certainty.confirm(epoch);
    return known;
  }

  /** As `refresh`, through a file that is open already. */
  update(file: SessionFile, stat = file.stat()): void {
    const known = this.#known;
    if (known === undefined) {
      if (stat.size > 0) this.#load(file, stat);
    } else if (!isContinuation(file, known, stat) || versionOf(this.#header) < 2) {
      this.#load(file, stat);
    } else if (!isSettled(known, stat)) {
      for (const line of readLines(file, known.end, stat.size)) this.#take(line);
      if (this.#known) this.#known = { ...this.#known, ...stat, anchor: anchorAt(file, this.#known.end) };
    }
  }

  /** As `accept`, of one plain entry and its length in bytes. */
  acceptPlain(placed: PlacedEntry, length: number): void {
    this.#index?.add(placed.entry);
    this.#known &&= knownBehind(this.#known, placed.id, length, anchorOfText(placed.line, length));
  }

  /** Takes in what this process just wrote to the end of the file, without reading it back. */
  accept({ placed, bytes, group = this.#group }: Written): void {
    const known = this.#known;
    const last = placed.at(-1);
    if (known === undefined || last === undefined) return;
    if (this.#index) for (const { entry } of placed) this.#index.add(entry);
    this.#known = knownBehind(known, last.id, bytes.length, anchorOf(bytes));
    this.#group = group;
    if (placed.every((one) => one.isPlain || this.#becomesLeaf(one.entry))) return;
    this.#group = undefined;
    this.#known = { ...this.#known, leafId: this.#sourced().leafId };
  }

  /** Every entry, read from the file as far as somebody asks for it. */
  index(): SessionIndex {
    return (this.#index ??= this.#buildIndex());
  }

  /** From the root to the leaf. */
  branch(): SessionEntry[] {
    return this.index().branch(this.leafId);
  }

  /** What a failed write or sync left behind: the system may believe it written, so no later sync says anything of it. */
  unsound: LeftBehind | undefined;

  /** The tool calls at the leaf that wait for their results. */
  group(file: SessionFile): ToolGroup {
    const { end } = this.bounds;
    return (this.#group ??= ToolGroup.of(this.#branchEnd(file, end)));
  }

  /** The entry that has this key, on the branch where it was deferred before. As cheap as `KeptKeys` has it. */
  findKey(key: string, file: SessionFile): SessionEntry | undefined {
    const { end } = this.bounds;
    return keptKeys.find({ file, end, version: versionOf(this.#header) }, key);
  }

  /** As `findKey`, for who has no file open and cannot write to it. */
  lookUpKey(key: string): SessionEntry | undefined {
    return keptFiles.read(this.path, ({ file, stat }) => {
      this.update(file, stat);
      return this.findKey(key, file);
    });
  }

  #branchEnd(file: SessionFile, end: number): SessionEntry[] {
    const version = versionOf(this.#header);
    return readBranchEnd(file, end, this.leafId, version) ?? this.branch();
  }

  #load(file: SessionFile, stat: FileStat): void {
    const header = readHeader(file, stat.size, this.path);
    if (this.isOnDisk && header.id !== this.#header.id) {
      const message = `${this.path} now holds session ${header.id}, not ${this.#header.id}`;
      throw new TranscriptError("SESSION_MISMATCH", message, { sessionFile: this.path });
    }
    this.#header = header;
    this.#index = undefined;
    this.#readEnd(file, stat);
  }

  #readEnd(file: SessionFile, { dev, ino, size }: FileStat): void {
    const { end, anchor, last, isOpen } = readTail(file, size, this.#header);
    this.#certainty.shake();
    this.#known = { dev, ino, size, end, leafId: last?.id, anchor };
    this.#group = last && !isOpen ? groupBegunBy(last) : undefined;
    if (isOpen) this.#known = { ...this.#known, leafId: this.#sourced().leafId };
  }

  #sourced(): SessionIndex {
    return (this.#index ??= new SessionIndex(this.#entries(), versionOf(this.#header)));
  }

  #take(line: Line): void {
    this.#certainty.shake();
    const fields = decodeLine(line.text);
    const entry = fields && decodeEntry(fields, versionOf(this.#header), 0);
    if (entry) this.#add(entry, line.next);
    else if (this.#known) this.#known = { ...this.#known, end: line.next };
  }

  #add(entry: SessionEntry, end: number): void {
    const isLeaf = this.#becomesLeaf(entry);
    // Its parent stands where one was read that was taken back.
    if (typeof entry.parentId === "string" && this.#index?.has(entry.parentId) === false)
      this.#index = undefined;
    this.#index?.add(entry);
    if (isLeaf && entry.parentId === (this.leafId ?? null)) this.#group?.take(entry);
    else this.#group = undefined;
    if (this.#known) this.#known = { ...this.#known, end, leafId: entry.id };
    if (isLeaf && this.#index?.isNavigated !== true) return;
    if (this.#known) this.#known = { ...this.#known, leafId: this.#sourced().leafId };
  }

  #becomesLeaf(entry: SessionEntry): boolean {
    return becomesLeaf(entry, versionOf(this.#header));
  }

  #buildIndex(): SessionIndex {
    const index = keptFiles.read(this.path, ({ file, stat }) => {
      this.update(file, stat);
      return this.#sourced();
    });
    // Version 1 comes with its index; a session that is not on disk has nothing to read.
    return index ?? this.#index ?? new SessionIndex();
  }

  #entries(): EntrySource {
    return fileEntries(() => ({
      path: this.path,
      version: versionOf(this.#header),
      end: this.bounds.end,
    }));
  }
}
