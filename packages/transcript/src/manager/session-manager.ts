import path from "node:path";
import { contextOf } from "../context.ts";
import { draftCustom, draftCustomMessage, draftMessage, draftPlain } from "../append/draft.ts";
import type { EntryDraft } from "../append/draft.ts";
import type { ContextReplacement, SessionEntry, SessionHeader } from "../entry.ts";
import type { ManagedSession } from "./managed-session.ts";
import type { AgentMessage } from "../message.ts";
import { draftAsIs, draftBranchSummary, draftCompaction, draftContextEdit, draftUsage } from "./pi-drafts.ts";
import type {
  CompactionArguments,
  CustomMessageArguments,
  SummaryArguments,
  UsageArguments,
} from "./pi-drafts.ts";
import { exposeFields, PiFields } from "./pi-fields.ts";
import { createSession, memorySession, openSession, recentSession } from "./open-session.ts";
import { piSessionFolder } from "./pi-layout.ts";
import { forkSession } from "./session-copy.ts";
import { findSessionById, listAllSessions, listSessions } from "./session-list.ts";
import type { BranchPoint, NewSessionOptions, OpenSessionOptions } from "./session-options.ts";
import { projectBranch, shownEntries } from "./session-projection.ts";
import type { SessionContext, SessionProjection } from "./session-projection.ts";
import { treeOf } from "../tree.ts";
import type { SessionTreeNode } from "../tree.ts";

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
  readonly #session: ManagedSession;
  readonly #fields: PiFields;

  private constructor(session: ManagedSession) {
    this.#session = session;
    this.#fields = new PiFields(session);
  }

  static {
    exposeFields(SessionManager.prototype, (manager) => manager.#fields);
  }

  /** A new session in `sessionDir` (default: pi's folder for `cwd`). Its file appears with the first append. */
  static create(cwd: string, sessionDir?: string, options?: NewSessionOptions): SessionManager {
    return new SessionManager(createSession(cwd, sessionDir, options));
  }

  /** An existing session, or a new one at exactly this path. Reads header and tail, writes nothing. */
  static open(file: string, options?: OpenSessionOptions): SessionManager;
  /** pi's form. */
  static open(file: string, sessionDir?: string, cwdOverride?: string): SessionManager;
  static open(file: string, second?: string | OpenSessionOptions, cwdOverride?: string): SessionManager {
    const options = typeof second === "string" ? { sessionDir: second } : second;
    return new SessionManager(openSession(file, { ...(cwdOverride && { cwdOverride }), ...options }));
  }

  /** The session of `sessionDir` (default: pi's folder for `cwd`) that was written last, or a new one. */
  static continueRecent(cwd: string, sessionDir?: string): SessionManager {
    return new SessionManager(recentSession(cwd, sessionDir));
  }

  /** A copy of a whole session for another working folder, as a new session in `sessionDir`. */
  static forkFrom(
    source: string,
    targetCwd: string,
    sessionDir = piSessionFolder(targetCwd),
    options?: NewSessionOptions,
  ): SessionManager {
    return SessionManager.open(forkSession(source, targetCwd, sessionDir, options), sessionDir);
  }

  /** A session that is never written to disk, empty or of these entries. Needs no lock. */
  static inMemory(...given: Parameters<typeof memorySession>): SessionManager {
    return new SessionManager(memorySession(...given));
  }

  /** `list(cwd, sessionDir?, onProgress?, signal?)`: the sessions of a working folder, the one written last first. */
  static readonly list = listSessions;
  /** `listAll(sessionDir?, onProgress?, signal?)`: those of every working folder. */
  static readonly listAll = listAllSessions;
  /** `findById(cwd, id, sessionDir?)`: the file of a session; only headers are read. */
  static readonly findById = findSessionById;

  /** Leaves the session for a new one; returns its file, which appears with the first append. */
  newSession(options: NewSessionOptions = {}): string | undefined {
    this.#session.startNew(options);
    return this.#switched();
  }

  /** Leaves the session for another file, as `open`. */
  setSessionFile(file: string): void {
    this.#session.switchTo(file);
    this.#switched();
  }

  /** Leaves the session for a new one that has only the branch to `leafId`; returns its file. Writes that file. */
  createBranchedSession(leafId: string): string | undefined {
    this.#session.branchOff(leafId);
    return this.#switched();
  }

  isPersisted(): boolean {
    return this.#session.log.file !== undefined;
  }
  getCwd(): string {
    return this.#session.site.cwd;
  }
  getSessionDir(): string {
    return this.#session.site.sessionDir;
  }
  usesDefaultSessionDir(): boolean {
    return path.resolve(this.getSessionDir()) === piSessionFolder(this.getCwd());
  }
  getSessionId(): string {
    return this.getHeader().id;
  }
  getSessionFile(): string | undefined {
    return this.#session.log.file;
  }
  getHeader(): SessionHeader {
    return this.#session.log.header;
  }

  /** Returns the id it has, or will have, on the branch, as all below. Throws `UNLOCKED`, `INVALID_MESSAGE`, `IO`. */
  appendMessage(message: AgentMessage): string {
    return this.#append(draftMessage(message));
  }
  appendThinkingLevelChange(thinkingLevel: string): string {
    return this.#append(draftPlain("thinking_level_change", { thinkingLevel }));
  }
  appendModelChange(provider: string, modelId: string): string {
    return this.#append(draftPlain("model_change", { provider, modelId }));
  }
  /** What a model call outside the conversation cost. Returns the entry. */
  appendUsage(...usage: UsageArguments): SessionEntry {
    const { placed } = this.#session.append(draftUsage(usage));
    this.#fields.update();
    return placed.entry;
  }
  /** Sums up everything before an entry. The entry is not checked, as in pi: an unknown one keeps nothing. */
  appendCompaction(...compaction: CompactionArguments): string {
    return this.#append(draftCompaction(compaction, () => this.buildSessionContext().messages));
  }
  /** Data of an extension, never in the model's context. */
  appendCustomEntry(customType: string, data?: unknown): string {
    return this.#append(draftCustom(customType, data));
  }
  /** A message of an extension, in the model's context as a user turn. */
  appendCustomMessageEntry(...[customType, content, display, details]: CustomMessageArguments): string {
    return this.#append(draftCustomMessage({ customType, content, display, details }));
  }
  /** Names the session; an empty name takes it away. */
  appendSessionInfo(name: string): string {
    return this.#append(draftPlain("session_info", { name: name.replace(/[\r\n]+/g, " ").trim() }));
  }
  /** Names an entry; undefined or `""` takes the name away. */
  appendLabelChange(targetId: string, label: string | undefined): string {
    this.#session.entry(targetId);
    return this.#append(draftPlain("label", { targetId, label }));
  }
  /** Gives an entry of the branch another content in the model's context; null takes it out. */
  appendContextEdit(targetId: string, replacement: ContextReplacement | null): string {
    return this.#append(draftContextEdit(targetId, replacement, this.#session));
  }
  /**
   * Answers the tool calls that have no result as interrupted, and so lets what waits for them onto the branch: for whoever
   * takes up a session whose run was killed. Not in pi. Returns the ids of the results.
   */
  closeToolCalls(): string[] {
    const results = this.#session.closeToolCalls().map(({ id }) => id);
    this.#fields.update();
    return results;
  }
  /** Writes an entry with its own id and parent, unless it is there, as all appended ones are. The parent must be there. */
  _persist(entry: SessionEntry): void {
    if (this.getEntry(entry.id) === undefined) this.#append(draftAsIs(entry, this.#session));
  }

  /** The next append goes below this entry. Writes nothing. */
  branch(branchFromId: string): void {
    this.#session.moveTo(this.#session.entry(branchFromId).id);
  }
  /** The next append becomes a new root. Writes nothing. */
  resetLeaf(): void {
    this.#session.moveTo(null);
  }
  /** As `branch`, and tells the model what was left behind. */
  branchWithSummary(branchFromId: string | null, ...summary: SummaryArguments): string {
    const id = branchFromId === null ? null : this.#session.entry(branchFromId).id;
    return this.#append(draftBranchSummary(this.getLeafId(), summary), { id });
  }

  getLeafId(): string | null {
    return this.#session.leafId;
  }
  getLeafEntry(): SessionEntry | undefined {
    return this.getEntry(this.getLeafId() ?? "");
  }
  getEntry(id: string): SessionEntry | undefined {
    return this.#session.find(id);
  }
  getEntries(): SessionEntry[] {
    return [...this.#session.index.entries];
  }
  getEntryCount(): number {
    return this.#session.index.entries.length;
  }
  getChildren(parentId: string): SessionEntry[] {
    return this.#session.childrenOf(parentId);
  }
  /** From the root to `fromId` (default: the leaf); empty for an unknown id. */
  getBranch(fromId?: string): SessionEntry[] {
    return this.#session.branch(fromId);
  }
  getTree(): SessionTreeNode[] {
    return treeOf(this.#session.index);
  }
  getLabel(id: string): string | undefined {
    return this.#session.index.labels.get(id)?.label;
  }
  getSessionName(): string | undefined {
    return this.#session.index.name;
  }
  buildSessionContext(): SessionContext {
    return contextOf(this.#session.shownBranch);
  }
  /** The context, telling which entry each message comes from. */
  buildSessionProjection(): SessionProjection {
    return projectBranch(this.#session.shownBranch);
  }
  /** The entries that are in the context: the newest compaction first, then what it keeps, then what follows it. */
  buildContextEntries(): SessionEntry[] {
    return shownEntries(this.#session.shownBranch);
  }

  #append(draft: EntryDraft, point?: BranchPoint): string {
    const { messageId } = this.#session.append(draft, point);
    this.#fields.update();
    return messageId;
  }
  #switched(): string | undefined {
    this.#fields.update();
    return this.getSessionFile();
  }
}
