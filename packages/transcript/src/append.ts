import { contentOf, draftDeferred, draftLateResult, draftOfDeferred } from "./deferred.ts";
import { SYSTEM_DISK } from "./disk.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry } from "./entry.ts";
import { asIoError, TranscriptError } from "./errors.ts";
import { encodeHeader } from "./header.ts";
import { draftInterrupted } from "./interrupted.ts";
import { bringUpToDate } from "./mend-tail.ts";
import { newEntryId, placeEntry } from "./place-entry.ts";
import type { PlacedEntry } from "./place-entry.ts";
import { publishFile, SessionFile } from "./session-file.ts";
import type { SessionLog, WrittenEntry } from "./session-log.ts";
import { ToolGroup } from "./tool-group.ts";
import type { OpenCall } from "./tool-group.ts";
import { announce } from "./updates.ts";

/** The right to write. Asked right before each write and again before anything is acknowledged. */
export interface WriteRight {
  /** Throws when the right is gone. */
  assertHeld(): void;
}

/**
 * What an acknowledged append has survived.
 *
 * - `fdatasync` it is on the disk
 * - `batch` it is on the disk, and waited up to two milliseconds for others to share its write and its sync
 * - `os` it was handed to the system: it survives a crash of the process, not of the machine
 */
export type Durability = "os" | "fdatasync" | "batch";

interface Staged {
  readonly entry: SessionEntry;
  readonly line: Buffer;
}

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
  readonly #staged: Staged[] = [];
  readonly #keys = new Map<string, SessionEntry>();
  #leafId: string | undefined;
  #group: ToolGroup;
  #isRepeating = false;
  /** How long the file is without this batch. The log may look at the file, and find more, before the batch is synced. */
  readonly #base: number;

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
    right.assertHeld();
    const file = SessionFile.open(log.path, "append", disk);
    try {
      if (file !== undefined) bringUpToDate(log, right, file);
      else if (log.isOnDisk)
        throw new TranscriptError("NOT_FOUND", `${log.path} is gone`, { sessionFile: log.path });
      return new AppendBatch(log, right, file);
    } catch (error) {
      file?.[Symbol.dispose]();
      throw error;
    }
  }

  /** The entry that the next one continues, this batch included. */
  get leafId(): string | undefined {
    return this.#leafId;
  }

  /** The entry that has this key, on disk or in this batch. */
  findKey(key: string): SessionEntry | undefined {
    const staged = this.#keys.get(key);
    if (staged || !this.#file || !this.#log.isOnDisk) return staged;
    const found = this.#log.findKey(key, this.#file);
    this.#isRepeating ||= found !== undefined;
    return found;
  }

  /** From the root to the leaf, this batch included. */
  branch(): readonly SessionEntry[] {
    return [...this.#log.branch(), ...this.#staged.map(({ entry }) => entry)];
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
  add(draft: EntryDraft, parentId: string | null = this.#leafId ?? null): SessionEntry {
    const isFork = parentId !== (this.#leafId ?? null);
    if (isFork) {
      this.#leafId = parentId ?? undefined;
      this.#group = ToolGroup.of(this.#log.index().branch(parentId));
    }
    const placed = placeEntry(draft, parentId);
    const { entry } = placed;
    if (isFork && !this.#group.isAnsweredBy(entry)) {
      for (const call of this.#group.unanswered) this.#stage(draftInterrupted(call));
      this.#stageDue();
    }
    const { idempotencyKey: key } = draft;
    switch (this.#group.fateOf(entry)) {
      case "branch": {
        const isThere = parentId === (this.#leafId ?? null);
        const staged = isThere ? this.#push(placed, key) : this.#stage(draft);
        this.#stageDue();
        return staged;
      }
      case "deferred":
        return this.#stage(draftDeferred(contentOf(entry), newEntryId(), key));
      case "late":
        return this.#stage(draftLateResult(contentOf(entry), key));
    }
  }

  write(): void {
    if (this.#staged.length === 0) return;
    this.#right.assertHeld();
    if (this.#file && this.#log.isOnDisk) this.#file.append(this.#bytes(), this.#base);
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
    const entries = this.#staged.map(({ entry }) => entry);
    if (this.#isAppended()) this.#accept();
    else this.#log.refresh();
    announce({ sessionFile: this.#log.path, sessionId: this.#log.header.id, entries });
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }

  /** Brings what is due onto the branch: after the last result, or after a crash between the two. */
  #stageDue(): void {
    for (let due = this.#group.takeDue(); due; due = this.#group.takeDue()) {
      this.#stage(draftOfDeferred(due), due.messageId);
    }
  }

  #stage(draft: EntryDraft, id = newEntryId()): SessionEntry {
    return this.#push(placeEntry(draft, this.#leafId ?? null, id), draft.idempotencyKey);
  }

  #push({ entry, line }: PlacedEntry, key: string | undefined): SessionEntry {
    this.#staged.push({ entry, line: Buffer.from(line) });
    this.#leafId = entry.id;
    this.#group.take(entry);
    if (key !== undefined) this.#keys.set(key, entry);
    return entry;
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
    const stat = this.#file.stat();
    let next = this.#base;
    const written: WrittenEntry[] = this.#staged.map(({ entry, line }) => {
      const offset = next;
      next += line.length;
      return { entry, offset, next };
    });
    // Somebody who holds no lock wrote at the same moment, or the log has looked already: what is where, the file knows.
    if (stat.size === next && this.#log.bounds.size === this.#base)
      this.#log.accept(this.#file, stat, written);
    else this.#log.update(this.#file);
  }

  #create(): void {
    const text = encodeHeader(this.#log.header) + this.#bytes().toString("utf8");
    if (publishFile(this.#log.path, text)) return;
    throw new TranscriptError(
      "CONFLICT",
      `${this.#log.path} was made at the same moment by a writer without the lock`,
      {
        sessionFile: this.#log.path,
      },
    );
  }

  #takenBack(error: unknown): unknown {
    const size = this.#base;
    const expected = size + this.#bytes().length;
    if (this.#file?.tryTakeBack(size, expected) === false) this.#log.unsound = { size, expected };
    return asIoError(error, "sync", this.#log.path);
  }

  #bytes(): Buffer {
    return Buffer.concat(this.#staged.map(({ line }) => line));
  }
}
