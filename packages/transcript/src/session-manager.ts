import { randomUUID } from "node:crypto";
import path from "node:path";
import { contextOf } from "./context.ts";
import type { SessionContext } from "./context.ts";
import { draftCustom, draftExtension, draftMessage, draftPlain } from "./draft.ts";
import type { EntryDraft } from "./draft.ts";
import type { CustomMessageEntry, SessionEntry, SessionHeader } from "./entry.ts";
import { newLog, openLog } from "./guarded-log.ts";
import type { EntryLog } from "./guarded-log.ts";
import { newHeader } from "./header.ts";
import { MemoryLog } from "./memory-log.ts";
import type { AgentMessage } from "./message.ts";
import { piSessionFolder } from "./pi-layout.ts";
import { mostRecentSession } from "./recent-session.ts";
import { branchedEntries, writeNewSession } from "./session-copy.ts";
import { ensureFolder } from "./session-file.ts";
import { assertSessionId } from "./session-key.ts";
import { SessionLog } from "./session-log.ts";
import type { BranchPoint, NewSessionOptions, OpenSessionOptions, SessionSite } from "./session-options.ts";
import { treeOf } from "./tree.ts";
import type { SessionTreeNode } from "./tree.ts";

/**
 * pi's `SessionManager`, synchronous and with its names, on a file that nobody writes without the lock.
 *
 * What differs from pi: a method that writes throws `UNLOCKED` unless the write lock of the file is held (ambiently, as
 * `open(file, { lock })`, or by a live handle of this process); it first adopts what others appended, so an instance that
 * was opened before does not fork the session; every entry is in the file when the method returns, from the first one on;
 * `open` never writes, reads header and tail only, and refuses a file that is not a session (`NOT_A_SESSION`).
 * Reading methods show the session as of the last write or first read of this instance.
 */
export class SessionManager {
  readonly #site: SessionSite;
  #log: EntryLog;
  #branchPoint: BranchPoint | undefined;

  private constructor(site: SessionSite, log: EntryLog) {
    this.#site = site;
    this.#log = log;
  }

  /** A new session in `sessionDir` (default: pi's folder for `cwd`). Its file appears with the first append. */
  static create(cwd: string, sessionDir = piSessionFolder(cwd)): SessionManager {
    ensureFolder(sessionDir);
    const header = newHeader({ sessionId: randomUUID(), cwd });
    return new SessionManager({ cwd, sessionDir, guard: {} }, newLog(sessionDir, header, {}));
  }

  /** An existing session, or a new one at exactly this path. Reads header and tail, writes nothing. */
  static open(file: string, options?: OpenSessionOptions): SessionManager;
  /** pi's form. */
  static open(file: string, sessionDir?: string, cwdOverride?: string): SessionManager;
  static open(file: string, second: string | OpenSessionOptions = {}, third?: string): SessionManager {
    const options = typeof second === "string" ? { sessionDir: second } : second;
    const { sessionDir = path.dirname(path.resolve(file)), cwdOverride = third, ...guard } = options;
    const log = openLog(file, cwdOverride ?? process.cwd(), guard);
    return new SessionManager({ cwd: cwdOverride ?? log.header.cwd, sessionDir, guard }, log);
  }

  /** The session of `sessionDir` (default: pi's folder for `cwd`) that was written last, or a new one. */
  static continueRecent(cwd: string, sessionDir = piSessionFolder(cwd)): SessionManager {
    const file = mostRecentSession(sessionDir);
    return file ? SessionManager.open(file, sessionDir, cwd) : SessionManager.create(cwd, sessionDir);
  }

  /** A copy of a whole session for another working folder, as a new session in `sessionDir`. */
  static forkFrom(
    source: string,
    targetCwd: string,
    sessionDir = piSessionFolder(targetCwd),
  ): SessionManager {
    const log = SessionLog.open(source);
    if (!log) throw new Error(`Cannot fork: source session file is empty or invalid: ${source}`);
    const header = newHeader({ sessionId: randomUUID(), cwd: targetCwd, parentSession: source });
    return SessionManager.open(writeNewSession(sessionDir, header, log.index().entries), sessionDir);
  }

  /** A session that is never written to disk. Needs no lock. */
  static inMemory(cwd = process.cwd()): SessionManager {
    const log = new MemoryLog(newHeader({ sessionId: randomUUID(), cwd }));
    return new SessionManager({ cwd, sessionDir: "", guard: {} }, log);
  }

  /** Leaves the session for a new one; returns its file, which appears with the first append. */
  newSession({ id = randomUUID(), parentSession }: NewSessionOptions = {}): string | undefined {
    const { cwd, sessionDir, guard } = this.#site;
    const header = newHeader({ sessionId: assertSessionId(id), cwd, parentSession });
    this.#switchTo(this.isPersisted() ? newLog(sessionDir, header, guard) : new MemoryLog(header));
    return this.#log.file;
  }

  /** Leaves the session for another file, as `open`. */
  setSessionFile(file: string): void {
    this.#switchTo(openLog(file, this.#site.cwd, this.#site.guard));
  }

  /** Leaves the session for a new one that has only the branch to `leafId`; returns its file. Writes that file. */
  createBranchedSession(leafId: string): string | undefined {
    this.#assertEntry(leafId);
    const { cwd, sessionDir } = this.#site;
    const header = newHeader({ sessionId: randomUUID(), cwd, parentSession: this.#log.file });
    const entries = branchedEntries(this.#log.index(), leafId);
    if (this.isPersisted()) this.setSessionFile(writeNewSession(sessionDir, header, entries));
    else this.#switchTo(new MemoryLog(header, entries));
    return this.#log.file;
  }

  isPersisted(): boolean {
    return this.#log.file !== undefined;
  }
  getCwd(): string {
    return this.#site.cwd;
  }
  getSessionDir(): string {
    return this.#site.sessionDir;
  }
  getSessionId(): string {
    return this.#log.header.id;
  }
  getSessionFile(): string | undefined {
    return this.#log.file;
  }
  getHeader(): SessionHeader {
    return this.#log.header;
  }

  /** Returns the new entry's id, as all that follow. Throws `UNLOCKED`, `INVALID_MESSAGE`, `IO`. */
  appendMessage(message: AgentMessage): string {
    return this.#append(draftMessage(message));
  }

  appendThinkingLevelChange(thinkingLevel: string): string {
    return this.#append(draftPlain("thinking_level_change", { thinkingLevel }));
  }
  appendModelChange(provider: string, modelId: string): string {
    return this.#append(draftPlain("model_change", { provider, modelId }));
  }

  /** `firstKeptEntryId` is not checked, as in pi: an unknown one keeps nothing. */
  appendCompaction(
    summary: string,
    firstKeptEntryId: string,
    tokensBefore: number,
    details?: unknown,
    fromHook?: boolean,
  ): string {
    return this.#append(
      draftPlain("compaction", { summary, firstKeptEntryId, tokensBefore, details, fromHook }),
    );
  }

  /** Data of an extension, never in the model's context. */
  appendCustomEntry(customType: string, data?: unknown): string {
    return this.#append(draftCustom(customType, data));
  }

  /** A message of an extension, in the model's context as a user turn. */
  appendCustomMessageEntry(
    customType: string,
    content: CustomMessageEntry["content"],
    display: boolean,
    details?: unknown,
  ): string {
    return this.#append(draftExtension("custom_message", { customType, content, display, details }));
  }

  /** Names the session; an empty name takes it away. */
  appendSessionInfo(name: string): string {
    return this.#append(draftPlain("session_info", { name: name.trim() }));
  }

  /** Names an entry; undefined or `""` takes the name away. */
  appendLabelChange(targetId: string, label: string | undefined): string {
    this.#assertEntry(targetId);
    return this.#append(draftPlain("label", { targetId, label }));
  }

  /** The next append goes below this entry. Writes nothing. */
  branch(branchFromId: string): void {
    this.#assertEntry(branchFromId);
    this.#branchPoint = { id: branchFromId };
  }

  /** The next append becomes a new root. Writes nothing. */
  resetLeaf(): void {
    this.#branchPoint = { id: null };
  }

  /** As `branch`, and tells the model what was left behind. */
  branchWithSummary(
    branchFromId: string | null,
    summary: string,
    details?: unknown,
    fromHook?: boolean,
  ): string {
    if (branchFromId !== null) this.#assertEntry(branchFromId);
    const fields = { fromId: branchFromId ?? "root", summary, details, fromHook };
    return this.#append(draftPlain("branch_summary", fields), { id: branchFromId });
  }
  getLeafId(): string | null {
    return this.#branchPoint ? this.#branchPoint.id : (this.#log.leafId ?? null);
  }
  getLeafEntry(): SessionEntry | undefined {
    const id = this.getLeafId();
    return id === null ? undefined : this.getEntry(id);
  }
  getEntry(id: string): SessionEntry | undefined {
    return this.#log.index().byId.get(id);
  }
  getEntries(): SessionEntry[] {
    return [...this.#log.index().entries];
  }
  getChildren(parentId: string): SessionEntry[] {
    return this.getEntries().filter((entry) => entry.parentId === parentId);
  }

  /** From the root to `fromId` (default: the leaf); empty for an unknown id. */
  getBranch(fromId?: string): SessionEntry[] {
    return this.#log.index().branch(fromId ?? this.getLeafId());
  }
  getTree(): SessionTreeNode[] {
    return treeOf(this.#log.index());
  }
  getLabel(id: string): string | undefined {
    return this.#log.index().labels.get(id)?.label;
  }
  getSessionName(): string | undefined {
    return this.#log.index().name;
  }
  buildSessionContext(): SessionContext {
    return contextOf(this.getBranch());
  }

  #append(draft: EntryDraft, point: BranchPoint | undefined = this.#branchPoint): string {
    const entry = this.#log.append(draft, point?.id);
    this.#branchPoint = undefined;
    return entry.id;
  }

  #switchTo(log: EntryLog): void {
    this.#log = log;
    this.#branchPoint = undefined;
  }

  #assertEntry(id: string): void {
    if (this.getEntry(id) === undefined) throw new Error(`Entry ${id} not found`);
  }
}
