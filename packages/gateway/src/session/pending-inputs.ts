import { idempotencyKeyOf, type SessionEntry } from "@session-lock/transcript";
import { withoutImageData } from "./image-summary.ts";
import { readInputs, runKeys } from "./inputs.ts";
import { wordsOf } from "../run/words.ts";

const MAX_PAGE_ROWS = 20;

/** An acknowledged input whose run has not begun, as `chat.history` shows it. */
interface PendingInput {
  readonly id: string;
  readonly runId: string;
  readonly message: object;
  readonly acceptedAt: number;
  readonly state: "queued";
}

/** A page of the inputs that wait, the next one to run first. */
export interface PendingPage {
  readonly items: readonly PendingInput[];
  /** How many wait, on this page or not. */
  readonly total: number;
  /** Where the page of those that run earlier ends; missing when this one begins with the next one to run. */
  readonly nextBefore?: number;
}

/**
 * The acknowledged inputs that are not on the branch yet, whichever gateway accepted them: those that came last,
 * or that came last before the place `before`. Places count what was ever accepted, so they stay while inputs come
 * and go.
 */
export function readPending(entries: readonly SessionEntry[], before = Infinity): PendingPage {
  const waiting = readInputs(entries)
    .map((record, index) => ({ ...record, place: index + 1 }))
    .filter(({ heard, ended }) => !heard && !ended);
  const earlier = waiting.filter(({ place }) => place < before);
  const page = earlier.slice(-MAX_PAGE_ROWS);
  const first = page[0];
  const items = page.map(({ entryId: id, input }): PendingInput => {
    const { runId, acceptedAt } = input;
    return { id, runId, message: withoutImageData(wordsOf(input)), acceptedAt, state: "queued" };
  });
  const more = first !== undefined && page.length < earlier.length ? { nextBefore: first.place } : {};
  return { items, total: waiting.length, ...more };
}

/** What became of an accepted input. */
export type InputReceipt =
  | { readonly runId: string; readonly state: "pending" }
  | { readonly runId: string; readonly state: "consumed"; readonly consumedByEventId: string };

/** Tells of the inputs of those runs; one that is not known, or was stopped before its turn, is left out. */
export function readReceipts(entries: readonly SessionEntry[], runIds: readonly string[]): InputReceipt[] {
  const inputs = new Map(readInputs(entries).map((record) => [record.input.runId, record]));
  const heardAs = new Map(entries.map((entry) => [idempotencyKeyOf(entry), entry.id]));
  return runIds.flatMap((runId): InputReceipt[] => {
    const input = inputs.get(runId);
    const consumedByEventId = heardAs.get(runKeys.user(runId));
    if (consumedByEventId !== undefined) return [{ runId, state: "consumed", consumedByEventId }];
    return input === undefined || input.ended ? [] : [{ runId, state: "pending" }];
  });
}
