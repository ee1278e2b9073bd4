import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { withSessionWriteLock } from "session-lock";
import type { SessionWriteLock, SessionWriteLockOptions } from "session-lock";
import { AppendBatch } from "./append.ts";
import type { Durability } from "./append.ts";
import { appendedOf } from "./appended.ts";
import type { Appended } from "./appended.ts";
import { SYSTEM_DISK } from "./disk.ts";
import type { Disk } from "./disk.ts";
import type { EntryDraft } from "./draft.ts";
import { TranscriptError } from "./errors.ts";
import type { SessionLog } from "./session-log.ts";

/** The leaf an append insists on. `leafId: undefined` insists on an empty session. */
interface LeafExpectation {
  readonly leafId: string | undefined;
}

/** Appends that go together or not at all. */
export interface AppendRequest {
  /** Ready-made, or made from what the branch is like under the lock; a `TranscriptError` fails this request alone. */
  readonly drafts: readonly EntryDraft[] | ((batch: AppendBatch) => readonly EntryDraft[] | TranscriptError);
  readonly expected: LeafExpectation | undefined;
  readonly lock: SessionWriteLockOptions;
}

/** States: waiting → taken (a holder of the lock writes it) → settled (`outcome` is there). */
interface Pending {
  readonly request: AppendRequest;
  isTaken: boolean;
  outcome: Outcome | undefined;
  /** Aborted when settled, which ends the wait for a lock that is no longer needed. */
  readonly settled: AbortController;
}

/** What became of a group: an outcome for each request, or one failure for all. */
type Outcome =
  | {
      readonly kind: "written";
      readonly results: ReadonlyMap<Pending, readonly Appended[] | TranscriptError>;
    }
  | { readonly kind: "failed"; readonly error: unknown };

const GATHER_MS = 2;

/**
 * The appends of one transcript object.
 *
 * Each append waits for the lock in its own async scope, so one inside an owner's scope re-enters. Whoever gets the lock
 * first writes for all that are waiting: one lock, one write, one sync.
 */
export class AppendQueue {
  readonly #log: SessionLog;
  readonly #durability: Durability;
  readonly #disk: Disk;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #assertWanted: () => void;
  #waiting: Pending[] = [];
  #gathering: Promise<void> | undefined;

  /** `assertWanted` is asked under the lock, before anything is written; what it throws fails the appends. */
  constructor(
    log: SessionLog,
    durability: Durability,
    disk = SYSTEM_DISK,
    assertWanted: () => void = () => undefined,
  ) {
    this.#disk = disk;
    this.#log = log;
    this.#durability = durability;
    this.#assertWanted = assertWanted;
  }

  /** Resolves when what became of the request is known; rejects when nothing of it is acknowledged. */
  append(request: AppendRequest): Promise<readonly Appended[]> {
    const appended = this.#append(request);
    this.#inFlight.add(appended);
    return appended.finally(() => this.#inFlight.delete(appended));
  }

  /** Resolves when no append is under way. Their failures are their callers'. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
  }

  async #append(request: AppendRequest): Promise<readonly Appended[]> {
    const settled = new AbortController();
    const pending: Pending = { request, isTaken: false, outcome: undefined, settled };
    const { signal } = request.lock;
    const stop = signal ? AbortSignal.any([signal, settled.signal]) : settled.signal;
    this.#waiting.push(pending);
    if (this.#durability === "batch") await this.#gather();
    try {
      await withSessionWriteLock(this.#log.path, (lock) => this.#flush(lock, pending), {
        ...request.lock,
        signal: stop,
      });
    } catch (error) {
      this.#waiting = this.#waiting.filter((other) => other !== pending);
      // Another append took this one along: then the wait for the lock was called off, and no longer matters.
      if (!pending.isTaken) throw error;
    }
    if (!settled.signal.aborted) await once(settled.signal, "abort");
    return resultOf(pending, this.#log.path);
  }

  /** Lets those who append in the next moment come along: they share this wait, and then one write and one sync. */
  #gather(): Promise<void> {
    return (this.#gathering ??= setTimeout(GATHER_MS).then(() => void (this.#gathering = undefined)));
  }

  async #flush(lock: SessionWriteLock, own: Pending): Promise<void> {
    const group = this.#waiting.filter(
      (other) => other === own || other.request.lock.signal?.aborted !== true,
    );
    if (group.length === 0) return;
    this.#waiting = this.#waiting.filter((pending) => !group.includes(pending));
    for (const pending of group) pending.isTaken = true;
    const outcome = await this.#write(lock, group);
    for (const pending of group) {
      pending.outcome = outcome;
      pending.settled.abort();
    }
  }

  /** Never rejects: a failure belongs to the requests of the group, not to the one that happened to have the lock. */
  async #write(lock: SessionWriteLock, group: readonly Pending[]): Promise<Outcome> {
    try {
      this.#assertWanted();
      using batch = AppendBatch.begin(this.#log, lock, this.#disk);
      const results = new Map(
        group.map((pending) => [pending, stage(batch, pending.request, this.#log.path)]),
      );
      batch.write();
      if (this.#durability !== "os") await batch.sync();
      batch.acknowledge();
      return { kind: "written", results };
    } catch (error) {
      return { kind: "failed", error };
    }
  }
}

/** The conflict of one request is no failure of the others, so it is returned. */
function stage(
  batch: AppendBatch,
  request: AppendRequest,
  file: string,
): readonly Appended[] | TranscriptError {
  const { expected } = request;
  const drafts = typeof request.drafts === "function" ? request.drafts(batch) : request.drafts;
  if (drafts instanceof TranscriptError) return drafts;
  const repeats = drafts.map(({ idempotencyKey: key }) =>
    key === undefined ? undefined : batch.findKey(key),
  );
  const isNew = repeats.includes(undefined);
  if (isNew && expected !== undefined && expected.leafId !== batch.leafId) {
    return new TranscriptError(
      "CONFLICT",
      `the leaf of ${file} is ${batch.leafId ?? "none"}, not ${expected.leafId ?? "none"}; read the new entries and decide again`,
      { sessionFile: file },
    );
  }
  return drafts.map((draft, at) => {
    const first =
      repeats[at] ?? (draft.idempotencyKey === undefined ? undefined : batch.findKey(draft.idempotencyKey));
    return first === undefined ? appendedOf(batch.add(draft), false) : appendedOf(first, true);
  });
}

function resultOf(pending: Pending, file: string): readonly Appended[] {
  const { outcome } = pending;
  if (outcome?.kind === "failed") throw outcome.error;
  const result = outcome?.results.get(pending);
  if (result === undefined)
    throw new TranscriptError("IO", `an append to ${file} was not written`, { sessionFile: file });
  if (result instanceof TranscriptError) throw result;
  return result;
}
