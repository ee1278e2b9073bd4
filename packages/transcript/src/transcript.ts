import type { SessionWriteLock, SessionWriteLockOptions } from "session-lock";
import { AppendQueue, type AppendQueueSettings } from "./append/append-queue.ts";
import type { Durability } from "./append/durability.ts";
import type { Appended } from "./append/appended.ts";
import { assertCompaction, draftOfCompaction } from "./append/compaction.ts";
import type { Compaction } from "./append/compaction.ts";
import { projectContext } from "./context/project-context.ts";
import type { ProjectedContext, ProjectionOptions } from "./context/project-context.ts";
import type { ProviderProfile } from "./context/profile.ts";
import { draftCustom, draftMessage } from "./append/draft.ts";
import { draftItem } from "./append/append-item.ts";
import type { AppendItem } from "./append/append-item.ts";
import type { SessionEntry } from "./entry.ts";
import { TranscriptError } from "./errors.ts";
import { draftInterrupted } from "./append/interrupted.ts";
import type { AgentMessage } from "./message.ts";
import { boundCheck } from "./store/bound-check.ts";
import type { SessionBinding } from "./store/session-binding.ts";
import { keptFiles } from "./file/kept-files.ts";
import type { SessionLog } from "./file/session-log.ts";
import { settled } from "./append/settled.ts";
import { spilledBehind } from "./spill/spilled-entries.ts";
import type { AppendRequest, BranchView } from "./append/stage-request.ts";
import { tailEntries } from "./file/tail-entries.ts";
import type { SequencedEntry, TailOptions } from "./file/tail-entries.ts";
import type { OpenCall } from "./append/tool-group.ts";

/** How one call writes. */
export interface AppendManyOptions {
  /**
   * The leaf as the caller knows it: when the session has another one, nothing is written and the call fails with
   * `CONFLICT`. Given as `undefined` it stands for an empty session; left out, whatever leaf there is is continued.
   */
  readonly expectedLeaf?: string | undefined;
  /** Ends the wait for the lock. What is being written already is written to its end. */
  readonly signal?: AbortSignal;
  /** The lock the caller holds on this file; without it the append takes the lock itself, or re-enters the ambient one. */
  readonly within?: SessionWriteLock;
  /** Shown to those who wait for the lock meanwhile. */
  readonly purpose?: string;
}

export interface AppendOptions extends AppendManyOptions {
  /** Names this append for ever: a repeat, also after a restart, returns the first result and writes nothing. */
  readonly idempotencyKey?: string;
}

export interface CloseToolCallsOptions extends AppendManyOptions {
  /** Only these calls. Default: all that are open. */
  readonly toolCallIds?: readonly string[];
}

export interface TranscriptSettings {
  readonly durability: Durability;
  readonly lockTimeoutMs: number | undefined;
  readonly boundTo: SessionBinding | undefined;
  readonly spill: AppendQueueSettings["spill"];
}

/**
 * One session file, for reading and for appending under its write lock. Made by `openTranscript`.
 *
 * Any number of transcripts, processes and `SessionManager`s may use one file: an append continues the leaf that is on
 * disk at the instant it is written. Failures to get the lock are `SessionLockError`s; nothing was written then.
 */
export class Transcript {
  readonly #log: SessionLog;
  readonly #queue: AppendQueue;
  readonly #lockTimeoutMs: number | undefined;
  readonly #closing = new AbortController();
  #isClosed = false;

  constructor(log: SessionLog, { durability, lockTimeoutMs, boundTo, spill }: TranscriptSettings) {
    this.#log = log;
    const place = { sessionFile: log.path, sessionId: log.header.id };
    const wanted = boundTo && { assertWanted: boundCheck(boundTo, place) };
    this.#queue = new AppendQueue(log, { durability, spill, ...wanted });
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  get sessionFile(): string {
    return this.#log.path;
  }

  get sessionId(): string {
    return this.#log.header.id;
  }

  /** The newest entry as of the last call; undefined in an empty session. */
  get leafId(): string | undefined {
    return this.#log.leafId;
  }

  /** True while acknowledged appends wait in the spill file; the next one that can be written brings them home. */
  get degraded(): boolean {
    return this.#queue.spilling?.isAway ?? false;
  }

  /**
   * Appends a message below the leaf. Resolves when it is as durable as the transcript was opened for.
   *
   * With a key, the key is stored as `message.idempotencyKey`. Throws `INVALID_MESSAGE`, `INVALID_KEY`, `CONFLICT`,
   * `SESSION_MISMATCH`, `UNBOUND`, `IO`; none of them leaves a trace of the message on the branch.
   */
  async append(message: AgentMessage, options: AppendOptions = {}): Promise<Appended> {
    const appended = this.#appendAll([draftMessage(message, options.idempotencyKey)], options);
    return onlyOf(appended instanceof Promise ? await appended : appended);
  }

  /**
   * Appends a `custom` entry: on the branch, never in a model's context.
   *
   * With a key, `data` must be an object (or undefined) and the key is stored as `data.idempotencyKey`.
   */
  async appendCustom(customType: string, data: unknown, options: AppendOptions = {}): Promise<Appended> {
    const draft = draftCustom(customType, data, options.idempotencyKey);
    return onlyOf(await this.#appendAll([draft], options));
  }

  /** Appends several entries in one write, in order: all of them or none, but for a kill in the middle of that write. */
  async appendMany(
    items: readonly AppendItem[],
    options: AppendManyOptions = {},
  ): Promise<readonly Appended[]> {
    return this.#appendAll(items.map(draftItem), options);
  }

  /**
   * Answers every tool call that has no result, with an error result that says it was interrupted, and thereby brings
   * what waited for them onto the branch. For a run that is stopped with calls open, and for whoever takes up a session
   * whose last run was killed: nobody else will answer them. Resolves with the results, which may be none.
   */
  async closeToolCalls(options: CloseToolCallsOptions = {}): Promise<readonly Appended[]> {
    const { toolCallIds, ...settings } = options;
    const isMeant = ({ id }: OpenCall) => toolCallIds === undefined || toolCallIds.includes(id);
    const drafts = (view: BranchView) => view.openCalls.filter(isMeant).map(draftInterrupted);
    return this.#appendAll(drafts, settings, true);
  }

  /**
   * Puts a summary in the place of the older part of the branch. `summarise` is given the branch and may take its time:
   * no lock is held meanwhile, and appends go on. It returns undefined to leave all as it is.
   * Fails with `CONFLICT`, with nothing written, when the entry to keep is not on the branch (any more), when somebody
   * else compacted it meanwhile, or when the cut would part a tool call from its results.
   */
  async compact(
    summarise: (branch: readonly SessionEntry[]) => Promise<Compaction | undefined>,
    options: AppendManyOptions = {},
  ): Promise<Appended | undefined> {
    const before = this.#fresh().branch();
    const compaction = await summarise(before);
    if (compaction === undefined) return undefined;
    assertCompaction(compaction);
    const drafts = (view: BranchView) => {
      const draft = draftOfCompaction(compaction, before, view.branch(), this.sessionFile);
      return draft instanceof TranscriptError ? draft : [draft];
    };
    return (await this.#appendAll(drafts, options))[0];
  }

  /**
   * The entries after `afterSeq` in file order, and then each one that comes, whoever appends it, also other processes.
   *
   * `seq` is an entry's place in the file, so a reader that kept the last one goes on behind it after a restart. Ends with
   * the signal or with `close`. Throws `NOT_FOUND` when the file goes away, `CONFLICT` when it is rewritten.
   */
  tail(options: TailOptions = {}): AsyncIterable<SequencedEntry> {
    this.#assertOpen();
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    return tailEntries(this.sessionFile, { ...options, signal });
  }

  /** Every entry in file order, all branches, the header excluded. Sees what other processes appended until now, and what is spilled. */
  entries(): Promise<readonly SessionEntry[]> {
    return new Promise((resolve) => resolve(this.#withSpilled((log) => log.index().entries)));
  }

  /** The entries from the root to the leaf, and what is spilled behind it. Sees what other processes appended until now. */
  branch(): Promise<readonly SessionEntry[]> {
    return new Promise((resolve) => resolve(this.#withSpilled((log) => log.branch())));
  }

  /** What a model may be given now: as `projectContext`, of the branch and of what is deferred or spilled behind it. */
  context(
    profile: ProviderProfile = "strict",
    options: Omit<ProjectionOptions, "profile"> = {},
  ): Promise<ProjectedContext> {
    return new Promise((resolve) => {
      const shown = this.#withSpilled((log) => settled(log.branch()));
      resolve(projectContext(shown, { ...options, profile }));
    });
  }

  /** Refuses further calls and waits for the appends under way. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.abort();
    await this.#queue.idle();
    keptFiles.forget(this.sessionFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #appendAll(drafts: AppendRequest["drafts"], options: AppendManyOptions, mayWait = false) {
    this.#assertOpen();
    const expected = Object.hasOwn(options, "expectedLeaf") ? { leafId: options.expectedLeaf } : undefined;
    return this.#queue.append({ drafts, mayWait, expected, lock: this.#lockOptions(options) });
  }

  #lockOptions({ signal, within, purpose }: AppendManyOptions): SessionWriteLockOptions | undefined {
    const timeoutMs = this.#lockTimeoutMs;
    if ((signal ?? within ?? purpose ?? timeoutMs) === undefined) return undefined;
    return {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal && { signal }),
      ...(within && { within }),
      ...(purpose === undefined ? {} : { purpose }),
    };
  }

  /** What is spilled is looked for first: what comes home in between would else be in neither. */
  #withSpilled(read: (log: SessionLog) => readonly SessionEntry[]): readonly SessionEntry[] {
    const waiting = this.#queue.spilling?.waiting ?? [];
    const log = this.#fresh();
    return [...read(log), ...spilledBehind(log, waiting)];
  }

  #fresh(): SessionLog {
    this.#assertOpen();
    this.#log.refresh();
    return this.#log;
  }

  #assertOpen(): void {
    if (!this.#isClosed) return;
    const { sessionFile } = this;
    throw new TranscriptError("CLOSED", `the transcript of ${sessionFile} was closed`, { sessionFile });
  }
}

function onlyOf(all: readonly Appended[]): Appended {
  if (all[0] === undefined) throw new TranscriptError("IO", "an append without a result");
  return all[0];
}
