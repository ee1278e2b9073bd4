import { idempotencyKeyOf, type SessionEntry } from "@session-lock/transcript";
import { RUN_END_ENTRY, runKeys } from "../session/inputs.ts";
import { openedBy, textOf } from "../session/message-text.ts";
import { errorKindOf } from "./failure.ts";
import type { TerminalEvent } from "./run-track.ts";
import type { TerminalNews } from "./run-events.ts";

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
  const news = readNews(entries, runId);
  // Past every number that was given: whatever a client knows of the run, this comes after it.
  return news === undefined ? undefined : { runId, ...place, seq: Number.MAX_SAFE_INTEGER, ...news };
}

/** How a run ended, as its transcript tells it. */
export function readNews(entries: readonly SessionEntry[], runId: string): TerminalNews | undefined {
  const keys = [runKeys.assistant(runId), runKeys.end(runId)];
  const row = entries.findLast((entry) => keys.includes(idempotencyKeyOf(entry) ?? ""));
  if (row?.type === "custom" && row.customType === RUN_END_ENTRY) {
    const { state, joined, origin } = openedBy(row.data);
    const answer = typeof joined === "string" ? readNews(entries, joined) : undefined;
    if (answer !== undefined) return answer;
    return state === "final"
      ? { state }
      : { state: "aborted", stopReason: typeof origin === "string" ? origin : "rpc" };
  }
  if (row?.type !== "message" || row.message.role !== "assistant") return undefined;
  const { message } = row;
  if (message.stopReason === "error") {
    const errorMessage = message.errorMessage ?? textOf(message);
    return { state: "error", errorKind: errorKindOf(message), errorMessage, message };
  }
  const { openclawAbort } = message;
  if (openclawAbort !== undefined) return { state: "aborted", stopReason: openclawAbort.origin, message };
  return { state: "final", stopReason: "stop", message };
}
