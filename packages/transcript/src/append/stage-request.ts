import type { SessionWriteLockOptions } from "session-lock";
import type { AppendBatch } from "./append.ts";
import { appendedOf, newlyAppended } from "./appended.ts";
import type { Appended } from "./appended.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import type { OpenCall } from "./tool-group.ts";

/** The leaf an append insists on. `leafId: undefined` insists on an empty session. */
interface LeafExpectation {
  readonly leafId: string | undefined;
}

/** The branch that an append goes to. */
export interface BranchView {
  branch(): readonly SessionEntry[];
  /** Its tool calls that have no result. */
  readonly openCalls: readonly OpenCall[];
}

/** Appends that go together or not at all. */
export interface AppendRequest {
  /** Ready-made, or made from what the branch is like under the lock; a `TranscriptError` fails this request alone. */
  readonly drafts: readonly EntryDraft[] | ((view: BranchView) => readonly EntryDraft[] | TranscriptError);
  /** What is made from the branch does no harm when that is another one as it is written. Default: false. */
  readonly mayWait?: boolean;
  readonly expected: LeafExpectation | undefined;
  /** How to wait for the lock, where that is not as usual. */
  readonly lock: SessionWriteLockOptions | undefined;
}

/** Nothing is asked of the lock but to have it. */
export function isUsual({ lock }: AppendRequest): boolean {
  return lock === undefined || (lock.signal ?? lock.purpose) === undefined;
}

/** What a request will have been answered with, once its batch is written. */
export type StagedRequest = readonly Appended[] | Error;

/** Puts a request into a batch. The conflict of one request is no failure of the others, so it is returned. */
export function stageRequest(batch: AppendBatch, request: AppendRequest, file: string): StagedRequest {
  const { expected } = request;
  const drafts = draftsOf(request, batch);
  if (drafts instanceof Error) return drafts;
  if (expected === undefined && drafts.every(hasNoKey))
    return drafts.map((draft) => newlyAppended(batch.add(draft)));
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
    // A key that is new on disk may have come a moment ago, in this same batch.
    const first =
      repeats[at] ??
      (draft.idempotencyKey === undefined ? undefined : batch.findStaged(draft.idempotencyKey));
    return first === undefined ? newlyAppended(batch.add(draft)) : appendedOf(first, true);
  });
}

/** What a request appends to this branch. Whatever goes wrong in making it is returned: it concerns no other request. */
export function draftsOf({ drafts }: AppendRequest, view: BranchView): readonly EntryDraft[] | Error {
  if (typeof drafts !== "function") return drafts;
  try {
    return drafts(view);
  } catch (error) {
    return error instanceof Error ? error : new Error("drafts that could not be made", { cause: error });
  }
}

function hasNoKey({ idempotencyKey }: EntryDraft): boolean {
  return idempotencyKey === undefined;
}
