import { idempotencyKeyOf, type SessionEntry } from "@session-lock/transcript";
import { RUN_END_ENTRY, runKeys } from "./inputs.ts";
import { openedBy, textOf } from "./message-text.ts";
import type { TerminalEvent } from "./run-board.ts";

/** Whose outcome is looked for. */
export interface RunPlace {
  readonly runId: string;
  readonly sessionKey: string;
  readonly agentId: string;
}

/** The terminal event of a run as its transcript tells it, also one of an earlier process; undefined while it has none. */
export function readOutcome(
  entries: readonly SessionEntry[],
  { runId, ...place }: RunPlace,
): TerminalEvent | undefined {
  const keys = [runKeys.assistant(runId), runKeys.end(runId)];
  const row = entries.findLast((entry) => keys.includes(idempotencyKeyOf(entry) ?? ""));
  // Past every number that was given: whatever a client knows of the run, this comes after it.
  const event = { runId, ...place, seq: Number.MAX_SAFE_INTEGER };
  if (row?.type === "custom" && row.customType === RUN_END_ENTRY) {
    const { state, joined } = openedBy(row.data);
    const answer = typeof joined === "string" ? readOutcome(entries, { ...place, runId: joined }) : undefined;
    if (answer !== undefined) return { ...answer, runId };
    return state === "final" ? { ...event, state } : { ...event, state: "aborted", stopReason: "rpc" };
  }
  if (row?.type !== "message" || row.message.role !== "assistant") return undefined;
  const { message } = row;
  if (message.stopReason === "error") {
    const errorMessage = message.errorMessage ?? textOf(message);
    return { ...event, state: "error", errorKind: "unknown", errorMessage, message };
  }
  const { openclawAbort } = message;
  if (openclawAbort !== undefined)
    return { ...event, state: "aborted", stopReason: openclawAbort.origin, message };
  return { ...event, state: "final", stopReason: "stop", message };
}
