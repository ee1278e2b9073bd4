import { alreadyPlaced } from "./already-placed.ts";
import { contentOf, draftDeferred, draftLateResult, draftOfDeferred, messageIdsOf } from "./deferred.ts";
import { SYSTEM_DISK } from "../file/disk.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry } from "../entry.ts";
import { asIoError, TranscriptError } from "../errors.ts";
import { encodeHeader } from "../file/header.ts";
import { draftInterrupted } from "./interrupted.ts";
import { keptFiles } from "../file/kept-files.ts";
import { bringUpToDate } from "./mend-tail.ts";
import { bytesOf, newEntryId, placeEntry } from "./place-entry.ts";
import type { PlacedEntry } from "./place-entry.ts";
import { publishFile } from "../file/whole-file.ts";
import type { SessionFile } from "../file/session-file.ts";
import type { SessionLog } from "../file/session-log.ts";
import { ToolGroup } from "./tool-group.ts";
import type { OpenCall } from "./tool-group.ts";
import { announce } from "../updates.ts";
import type { WriteRight } from "./write-right.ts";

/**
 * One batch of entries on its way into a session file, while the caller holds the write lock.
 *
 * begin (look at the file, mend its tail) → `add`… → `write` (one write) → `sync` or `syncNow` → `acknowledge`.
 * A step that throws leaves the file as `begin` left it and the log without the batch.
 */
export class AppendBatch {
  readonly #log: SessionLog;
  readonly #right: WriteRight;
  readonly #file: SessionFile | undefined;
  readonly #staged: PlacedEntry[] = [];
  readonly #keys = new Map<string, PlacedEntry>();
  #leafId: string | undefined;
  #group: ToolGroup;
  /** Deferred entries whose messages are in the file; read when the first one is due. */
  #placed: ReadonlySet<string> | undefined;
  #isRepeating = false;
  /** How long the file is without this batch. The log may look at the file, and find more, before the batch is synced. */
  readonly #base: number;
  #encoded: Buffer | undefined;

  private constructor(log: SessionLog, right: WriteRight, file: SessionFile | undefined) {
    this.#log = log;
    this.#right = right;
    this.#file = file;
    this.#leafId = log.leafId;
    this.#base = log.bounds.size;
    this.#group = file && log.isOnDisk ? log.group(file).copy() : new ToolGroup();
    this.#stageDue();
  }

  static begin(log: SessionLog, right: WriteRight, disk = SYSTEM_DISK): AppendBatch {
    const lent = keptFiles.lend(log.path, disk);
    try {
      // Another file at the path may be what a forced takeover put there, for its owner to write and not for us.
      if (lent !== undefined && log.isOnDisk && !log.isIn(lent.stat)) right.assertHeld();
      if (lent !== undefined) bringUpToDate(log, right, lent);
      else if (log.isOnDisk)
        throw new TranscriptError("NOT_FOUND", `${log.path} is gone`, { sessionFile: log.path });
      return new AppendBatch(log, right, lent?.file);
    } catch (error) {
      if (lent !== undefined) keptFiles.giveBack(lent.file);
      // Mending a tail reads, keeps and cuts bytes, and a disk may refuse each of these as it may refuse the append.
      throw asIoError(error, "append to", log.path);
    }
  }

  /** The entry that the next one continues, this batch included. */
  get leafId(): string | undefined {
    return this.#leafId;
  }

  /** The entry that has this key, on disk or in this batch. */
  findKey(key: string): SessionEntry | undefined {
    const staged = this.findStaged(key);
    if (staged || !this.#file || !this.#log.isOnDisk) return staged;
    const found = this.#log.findKey(key, this.#file);
    this.#isRepeating ||= found !== undefined;
    return found;
  }

  /** As `findKey`, in this batch alone. */
  findStaged(key: string): SessionEntry | undefined {
    return this.#keys.get(key)?.entry;
  }

  /** From the root to the leaf, this batch included. */
  branch(): readonly SessionEntry[] {
    return [...this.#log.branch(), ...this.#staged.map(({ entry }) => entry)];
  }

  /** The ids of all entries in the file, and of the messages that wait in them to be put on the branch. */
  messageIds(): ReadonlySet<string> {
    return messageIdsOf(this.#log.isOnDisk ? this.#log.index().entries : []);
  }

  /** The tool calls of this branch that have no result. */
  get openCalls(): readonly OpenCall[] {
    return this.#group.unanswered;
  }

  /**
   * Puts an entry at the end of the batch, below the leaf or below `parentId` where that is given.
   *
   * While tool calls are open, what is not one of their results is put into a `custom` entry, which is then returned; the
   * last result brings it onto the branch, in this same batch. The results of a branch that was left do not come to a new
   * one, so there the calls are answered as interrupted.
   */
  add(draft: EntryDraft, parentId: string | null = this.#leafId ?? null): PlacedEntry {
    const isFork = parentId !== (this.#leafId ?? null);
    if (isFork) {
      this.#leafId = parentId ?? undefined;
      this.#group = ToolGroup.of(this.#log.index().branch(parentId));
      this.#placed = undefined;
    }
    const placed = placeEntry(draft, parentId, draft.id);
    const { idempotencyKey: key } = draft;
    if (placed.isPlain && this.#group.isIdle) return this.#push(placed, key);
    const { entry } = placed;
    if (isFork) this.#stageDue();
    // What waits for these calls may make others.
    while (isFork && this.#group.isOpen && !this.#group.isAnsweredBy(entry)) {
      for (const call of this.#group.open) this.#stage(draftInterrupted(call));
      this.#stageDue();
    }
    switch (this.#group.fateOf(entry)) {
      case "branch": {
        const isThere = parentId === (this.#leafId ?? null);
        const staged = isThere ? this.#push(placed, key) : this.#stage(draft, draft.id);
        this.#stageDue();
        return staged;
      }
      case "deferred":
        return this.#stage(draftDeferred(contentOf(entry), draft.id ?? newEntryId(), key));
      case "late":
        return this.#stage(draftLateResult(contentOf(entry), key), draft.id);
    }
  }

  write(): void {
    if (this.#staged.length === 0) return;
    this.#right.assertWritable();
    if (this.#file && this.#log.isOnDisk) this.#file.append(this.#bytes(), this.#base, this.#log);
    else this.#create();
  }

  syncNow(): void {
    if (!this.#wantsSync()) return;
    try {
      this.#file?.syncNow();
    } catch (error) {
      throw this.#takenBack(error);
    }
  }

  async sync(): Promise<void> {
    if (!this.#wantsSync()) return;
    try {
      await this.#file?.sync();
    } catch (error) {
      throw this.#takenBack(error);
    }
  }

  /** Makes the batch part of the log and tells the listeners. Throws, with nothing acknowledged, when the right is gone. */
  acknowledge(): void {
    if (this.#staged.length === 0) return;
    this.#right.assertHeld();
    if (this.#isAppended()) this.#accept();
    else this.#log.refresh();
    announce(() => ({
      sessionFile: this.#log.path,
      sessionId: this.#log.header.id,
      entries: this.#staged.map(({ entry }) => entry),
    }));
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) keptFiles.giveBack(this.#file);
  }

  /**
   * Brings what is due onto the branch: after the last result, or after a crash between the two. What another branch has
   * got already, as both go on from before that, comes to this one under an id of its own.
   */
  #stageDue(): void {
    for (let due = this.#group.takeDue(); due; due = this.#group.takeDue()) {
      this.#placed ??= alreadyPlaced([due, ...this.#group.pending], {
        file: this.#file,
        end: this.#base,
        staged: this.#staged,
      });
      this.#stage(draftOfDeferred(due), this.#placed.has(due.id) ? newEntryId() : due.messageId);
    }
  }

  #stage(draft: EntryDraft, id = newEntryId()): PlacedEntry {
    return this.#push(placeEntry(draft, this.#leafId ?? null, id), draft.idempotencyKey);
  }

  #push(placed: PlacedEntry, key: string | undefined): PlacedEntry {
    this.#staged.push(placed);
    this.#leafId = placed.id;
    if (!placed.isPlain || !this.#group.isIdle) this.#group.take(placed.entry);
    if (key !== undefined) this.#keys.set(key, placed);
    return placed;
  }

  /** False while the file is still to be made; a made one is durable at once. */
  #isAppended(): boolean {
    return this.#staged.length > 0 && this.#log.isOnDisk;
  }

  /** What a repeat finds was perhaps written by somebody who did not wait for the disk, or was killed before. */
  #wantsSync(): boolean {
    return this.#isAppended() || this.#isRepeating;
  }

  #accept(): void {
    if (this.#file === undefined) return;
    // Where somebody who holds no lock wrote at the same moment, only the file knows what is where: the log finds that its
    // end is not the one it knows, and reads anew.
    if (this.#log.bounds.size === this.#base)
      this.#log.accept({ placed: this.#staged, bytes: this.#bytes(), group: this.#group });
    else this.#log.update(this.#file);
  }

  #create(): void {
    const { path: sessionFile, header } = this.#log;
    if (publishFile(sessionFile, [encodeHeader(header), ...this.#staged.map(({ line }) => line)])) return;
    this.#right.assertHeld();
    const message = `${sessionFile} was made at the same moment by a writer without the lock`;
    throw new TranscriptError("CONFLICT", message, { sessionFile });
  }

  #takenBack(error: unknown): unknown {
    const size = this.#base;
    const expected = size + this.#bytes().length;
    if (this.#file?.tryTakeBack(size, expected) === false) this.#log.unsound = { size, expected };
    return asIoError(error, "sync", this.#log.path);
  }

  #bytes(): Buffer {
    return (this.#encoded ??= bytesOf(this.#staged));
  }
}
