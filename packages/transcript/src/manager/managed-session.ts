import { randomUUID } from "node:crypto";
import { messageIdOf } from "../append/appended.ts";
import type { EntryDraft } from "../append/draft.ts";
import type { SessionEntry } from "../entry.ts";
import { newLog, openLog } from "./guarded-log.ts";
import type { EntryLog } from "./guarded-log.ts";
import { newHeader } from "../file/header.ts";
import { MemoryLog } from "./memory-log.ts";
import type { PlacedEntry } from "../append/place-entry.ts";
import { settled } from "../append/settled.ts";
import { branchedEntries, writeNewSession } from "./session-copy.ts";
import { assertSessionId } from "../store/session-key.ts";
import type { SessionIndex } from "../file/session-index.ts";
import type { BranchPoint, NewSessionOptions, SessionSite } from "./session-options.ts";

interface ManagedEntry {
  readonly placed: PlacedEntry;
  readonly messageId: string;
}

/** The session a `SessionManager` is on at the moment, and where its next entry goes: below the leaf, or where it was told. */
export class ManagedSession {
  #site: SessionSite;
  #log: EntryLog;
  #branchPoint: BranchPoint | undefined;
  /** By the id that a deferred message will have, the entry that keeps it. */
  readonly #keepers = new Map<string, string>();
  /** True as soon as somebody reaches into the manager: then the file may be rewritten behind its back at any time. */
  isWatched = false;

  constructor(site: SessionSite, log: EntryLog) {
    this.#site = site;
    this.#log = log;
  }

  get site(): SessionSite {
    return this.#site;
  }
  set site(site: SessionSite) {
    this.#site = site;
  }

  get log(): EntryLog {
    return this.#log;
  }
  set log(log: EntryLog) {
    this.#log = log;
    this.#branchPoint = undefined;
  }

  get index(): SessionIndex {
    if (this.isWatched) this.#log.refresh();
    return this.#log.index();
  }

  get leafId(): string | null {
    return this.#branchPoint ? this.#branchPoint.id : (this.#log.leafId ?? null);
  }

  /** A message that waits for tool results, and was appended here, is until then the entry that keeps it. */
  find(id: string): SessionEntry | undefined {
    const { index } = this;
    return index.get(id) ?? index.get(this.#keepers.get(id) ?? "");
  }

  /** As `find`; throws in pi's words. */
  entry(id: string): SessionEntry {
    const entry = this.find(id);
    if (entry === undefined) throw new Error(`Entry ${id} not found`);
    return entry;
  }

  /** From the leaf unless it is told; plain JavaScript tells null, which a root has for a parent, and pi takes that alike. */
  branch(fromId?: string | null): SessionEntry[] {
    const end = fromId ?? this.leafId;
    return end === null ? [] : this.index.branch(this.find(end)?.id);
  }

  childrenOf(id: string): SessionEntry[] {
    return this.index.childrenOf(this.find(id)?.id ?? id);
  }

  /** With what waits for tool calls behind it: a run that was killed never answers its calls. */
  get shownBranch(): readonly SessionEntry[] {
    return settled(this.branch());
  }

  /** Returns the entry, and the id that its message has, or will have, on the branch. */
  append(draft: EntryDraft, point: BranchPoint | undefined = this.#branchPoint): ManagedEntry {
    const placed = this.#log.append(draft, point?.id);
    this.#branchPoint = undefined;
    const messageId = messageIdOf(placed);
    if (messageId !== placed.id) this.#keepers.set(messageId, placed.id);
    return { placed, messageId };
  }

  /** Answers the open tool calls of the session as interrupted. */
  closeToolCalls(): readonly PlacedEntry[] {
    this.#branchPoint = undefined;
    return this.#log.closeToolCalls();
  }

  /** The next entry goes below this one; null makes it a root. */
  moveTo(id: string | null): void {
    this.#branchPoint = { id };
  }

  startNew({ id = randomUUID(), parentSession }: NewSessionOptions): void {
    const { cwd, sessionDir, guard } = this.#site;
    const header = newHeader({ sessionId: assertSessionId(id), cwd, parentSession });
    this.log = this.#log.file === undefined ? new MemoryLog(header) : newLog(sessionDir, header, guard);
  }

  switchTo(file: string): void {
    this.log = openLog(file, this.#site.cwd, this.#site.guard);
  }

  /** Goes on in a new session that has only the branch to `leafId`. Writes its file. */
  branchOff(leafId: string): void {
    const { id } = this.entry(leafId);
    const { cwd, sessionDir } = this.#site;
    const { file } = this.#log;
    const header = newHeader({ sessionId: randomUUID(), cwd, parentSession: file });
    const entries = branchedEntries(this.index, id);
    if (file === undefined) this.log = new MemoryLog(header, entries);
    else this.switchTo(writeNewSession(sessionDir, header, entries));
  }
}
