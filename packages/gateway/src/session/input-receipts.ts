import { idempotencyKeyOf, type SessionEntry } from "@session-lock/transcript";
import type { InputReceipt } from "../protocol/chat-history.ts";
import { readInputs, runKeys } from "./inputs.ts";

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
