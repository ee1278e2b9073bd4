import { existsSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import { SessionLockError, withSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import type { AppendBatch } from "../append/append.ts";
import { appendedOf } from "../append/appended.ts";
import type { Appended } from "../append/appended.ts";
import { contentOf, readDeferred } from "../append/deferred.ts";
import type { Fields } from "../context/fields.ts";
import type { SessionEntry } from "../entry.ts";
import { asIoError, errnoOf, TranscriptError } from "../errors.ts";
import type { FileWriter, GroupWriter, Outcome } from "../append/group-writer.ts";
import { newEntryId, placeEntry } from "../append/place-entry.ts";
import type { SessionLog } from "../file/session-log.ts";
import { draftsOf } from "../append/stage-request.ts";
import type { AppendRequest, BranchView, StagedRequest } from "../append/stage-request.ts";
import { ToolGroup } from "../append/tool-group.ts";
import type { OwnersRight } from "../append/write-right.ts";
import { ensureFolder } from "../file/ensure-folder.ts";
import { keepRejected } from "../file/rejected.ts";
import { addToSpill, damagedLinesIn, readSpill, removeSpill } from "./spill-file.ts";
import type { Spill, SpilledAppend } from "./spill-file.ts";
import { draftOf, entriesOf } from "./spilled-entries.ts";

/** What a disk says that cannot take any more, or not now. */
const DISK_FAILURES = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS", "ENOMEM"]);
/** How long appends go to the spill without trying the disk again, in ms. */
const RETRY_MS = 1_000;

/**
 * Writes to the session file, and where its disk refuses to a spill file, which the next batch that can be written brings
 * home first.
 *
 * One that takes no appends only brings home what others have put there; what the disk refuses it fails.
 *
 * States: **home** (no spill file) → the disk refused a batch twice → **away** (all appends go to the spill file, so that
 * they stay in order; the disk is tried once a second) → a batch of all that waits and what is new was written → **home**.
 *
 * The spill file has a lock of its own, as a full disk may refuse to lock the session; who brings it home has both.
 */
export class SpillingWriter implements GroupWriter {
  readonly #log: SessionLog;
  readonly #file: FileWriter;
  readonly #spill: string;
  readonly #takesAppends: boolean;
  #retryAt = 0;

  constructor(log: SessionLog, file: FileWriter, { file: spill, takesAppends }: Spill) {
    this.#log = log;
    this.#file = file;
    this.#spill = spill;
    this.#takesAppends = takesAppends;
  }

  /** Acknowledged appends are not in the session file yet. */
  get isAway(): boolean {
    return existsSync(this.#spill);
  }

  /** What waits, in order. Ask for it before the session is read: what comes home in between would be in neither. */
  get waiting(): readonly SpilledAppend[] {
    return readSpill(this.#spill);
  }

  async write(right: OwnersRight, given: readonly AppendRequest[]): Promise<Outcome> {
    const requests = given.map(named);
    if (this.isAway) return this.#underSpillLock((spillLock) => this.#bringHome(right, spillLock, requests));
    if (!this.#takesAppends) return this.#file.write(right, requests);
    const first = await this.#file.write(right, requests);
    if (refusalIn(first) === undefined) return first;
    const second = await this.#file.write(right, requests);
    const refusal = refusalIn(second);
    return refusal === undefined ? second : this.#putAway(requests, refusal);
  }

  async withoutLock(request: AppendRequest, error: unknown): Promise<Outcome> {
    return this.#takesAppends && isRefusal(error)
      ? this.#putAway([named(request)], error)
      : { kind: "failed", error };
  }

  async #bringHome(
    right: OwnersRight,
    spillLock: SessionWriteLock,
    requests: readonly AppendRequest[],
  ): Promise<Outcome> {
    if (this.#takesAppends && performance.now() < this.#retryAt) return this.#spillAll(requests, undefined);
    const waiting = readSpill(this.#spill);
    const outcome = await this.#file.write(right, requests, (batch) => addOnce(batch, waiting));
    const refusal = refusalIn(outcome);
    if (refusal !== undefined && this.#takesAppends) {
      this.#retryAt = performance.now() + RETRY_MS;
      return this.#spillAll(requests, refusal);
    }
    if (outcome.kind === "written") {
      spillLock.assertHeld();
      this.#keepDamaged();
      removeSpill(this.#spill);
    }
    return outcome;
  }

  /** The file goes away: a line in it that cannot be brought home may be an append that was acknowledged. */
  #keepDamaged(): void {
    const damaged = damagedLinesIn(this.#spill);
    if (damaged.length === 0) return;
    keepRejected(this.#spill, damaged);
    const message = `lines of ${this.#spill} that hold no append were kept in ${this.#spill}.rej`;
    process.emitWarning(message, { code: "SESSION_LOCK_SPILL_DAMAGED" });
  }

  #putAway(requests: readonly AppendRequest[], cause: unknown): Promise<Outcome> {
    this.#retryAt = performance.now() + RETRY_MS;
    return this.#underSpillLock(() => this.#spillAll(requests, cause), cause);
  }

  /** Where not even that can be done, the appends fail, with what the disk said of the session file if it was asked. */
  async #underSpillLock(
    fn: (lock: SessionWriteLock) => Outcome | Promise<Outcome>,
    cause?: unknown,
  ): Promise<Outcome> {
    try {
      // The lock is a file beside it.
      ensureFolder(path.dirname(this.#spill));
      return await withSessionWriteLock(this.#spill, fn, { purpose: "spill" });
    } catch (error) {
      return { kind: "failed", error: cause ?? asIoError(error, "write", this.#spill) };
    }
  }

  #spillAll(requests: readonly AppendRequest[], cause: unknown): Outcome {
    // The first that is spilled asked already; those behind it may come when the session's key stands for another one.
    this.#file.assertWanted();
    const waiting = [...readSpill(this.#spill)];
    const before = waiting.length;
    const results = requests.map((request) => this.#spillOne(request, waiting, cause));
    if (waiting.length > before) addToSpill(this.#spill, waiting.slice(before));
    return { kind: "written", results };
  }

  #spillOne(request: AppendRequest, waiting: SpilledAppend[], cause: unknown): StagedRequest {
    const { drafts, expected, mayWait = false } = request;
    if (expected !== undefined || (typeof drafts === "function" && !mayWait)) {
      const message = `the disk of ${this.#log.path} takes no appends, and this one depends on what the branch is`;
      return new TranscriptError("DEGRADED", message, { sessionFile: this.#log.path, cause });
    }
    const made = typeof drafts === "function" ? draftsOf(request, this.#view(waiting)) : drafts;
    if (made instanceof Error) return made;
    return made.map((draft) => {
      const { idempotencyKey: key } = draft;
      const first = key === undefined ? undefined : this.#firstUnder(key, waiting);
      if (first !== undefined) return first;
      const { id = newEntryId() } = draft;
      const parentId = waiting.at(-1)?.id ?? this.#log.leafId ?? null;
      const { entry } = placeEntry(draft, parentId, id);
      waiting.push({ id, idempotencyKey: key, content: contentOf(entry) });
      return spilled(entry, false);
    });
  }

  /** The branch as it will be once all is home. */
  #view(waiting: readonly SpilledAppend[]): BranchView {
    this.#log.refresh();
    const branch = this.#log.branch();
    const group = ToolGroup.of(branch);
    const behind = entriesOf(waiting, this.#log.leafId);
    // What will be deferred leaves the calls as open as they are.
    for (const entry of behind) if (group.fateOf(entry) === "branch") group.take(entry);
    return { branch: () => [...branch, ...behind], openCalls: group.unanswered };
  }

  #firstUnder(key: string, waiting: readonly SpilledAppend[]): Appended | undefined {
    const one = waiting.find(({ idempotencyKey }) => idempotencyKey === key);
    if (one !== undefined) return spilled(placeEntry(draftOf(one), null, one.id).entry, true);
    const entry = this.#log.lookUpKey(key);
    return entry && appendedOf(entry, true);
  }
}

/** What the disk refused may turn out to be there after all: ids that were chosen before tell. */
function named(request: AppendRequest): AppendRequest {
  const { drafts } = request;
  if (typeof drafts === "function") return request;
  return { ...request, drafts: drafts.map((draft) => ({ ...draft, id: newEntryId() })) };
}

function addOnce(batch: AppendBatch, waiting: readonly SpilledAppend[]): void {
  // A crash after they were written and before the spill file was removed leaves them in both.
  const there = batch.messageIds();
  for (const one of waiting) {
    if (there.has(one.id)) continue;
    const first = one.idempotencyKey === undefined ? undefined : batch.findKey(one.idempotencyKey);
    if (first === undefined) batch.add(draftOf(one));
    // Somebody who does not know the spill file used the key meanwhile. The key stays theirs, as they are first in the
    // file, but what was acknowledged here is kept, unless it is the same.
    else if (!isDeepStrictEqual(saidBy(first), one.content))
      batch.add(draftOf({ ...one, idempotencyKey: undefined }));
  }
}

/** What the caller of an append gave, wherever its entry was put. */
function saidBy(entry: SessionEntry): Fields {
  const content = Object.entries(readDeferred(entry)?.content ?? contentOf(entry));
  return Object.fromEntries(content.filter(([name]) => name !== "deferredFrom"));
}

function spilled(entry: SessionEntry, repeated: boolean): Appended {
  return { entry, repeated, placement: "spilled", messageId: entry.id };
}

/** What the disk said, where it was the disk. */
function refusalIn(outcome: Outcome): Error | undefined {
  return outcome.kind === "failed" && isRefusal(outcome.error) ? outcome.error : undefined;
}

function isRefusal(error: unknown): error is Error {
  if (error instanceof TranscriptError) return error.code === "IO" && DISK_FAILURES.has(error.errno ?? "");
  const isLockFailure = error instanceof SessionLockError && error.code === "IO";
  return isLockFailure && DISK_FAILURES.has(errnoOf(error.cause) ?? "");
}
