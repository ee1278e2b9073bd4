import { AgentWaitParams, AgentWaitResult } from "../protocol/agent.ts";
import type { TerminalNews } from "../run/run-events.ts";
import { openedBy } from "../session/message-text.ts";
import { RunSearch } from "../session/run-search.ts";
import { defineMethod, type Services } from "./method.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1_000;
/** How often it is looked whether another gateway has ended the run. */
const LOOK_MS = 1_000;

/** `agent.wait`: the end of a run that another call has started. */
export const agentWait = defineMethod({
  name: "agent.wait",
  summary:
    "Waits for the end of a run, `timeoutMs` (30 s) at most, and answers `ok`, `error` or `timeout`, also for a run that ended in an earlier process or in another gateway. A run that is not known may still come, so it is waited for as well. Of several under that id, in several sessions, it is the one that began last.",
  scope: "operator.write",
  params: AgentWaitParams,
  result: AgentWaitResult,
  async handle({ runId, timeoutMs = DEFAULT_TIMEOUT_MS }, services, { gone }) {
    const limit = AbortSignal.any([gone, AbortSignal.timeout(Math.min(timeoutMs, MAX_TIMEOUT_MS))]);
    const outcome = await outcomeOf(runId, services, { limit, gone });
    if (outcome === undefined) return { runId, status: "timeout" as const };
    const endedAt = endOf(outcome);
    if (outcome.state === "final") return { runId, status: "ok" as const, endedAt };
    const error = outcome.state === "error" ? outcome.errorMessage : `stopped: ${outcome.stopReason}`;
    return { runId, status: "error" as const, endedAt, error };
  },
});

async function outcomeOf(
  runId: string,
  { board, sessions, hasPeers }: Services,
  { limit, gone }: { readonly limit: AbortSignal; readonly gone: AbortSignal },
): Promise<TerminalNews | undefined> {
  const known = board.latest(runId);
  if (known !== undefined) return known.untilTerminal(limit);
  const search = new RunSearch(runId, sessions);
  // What is on disk is told however short the limit is.
  let stored = await search.look(gone);
  while (stored === undefined) {
    const pause = AbortSignal.any([limit, AbortSignal.timeout(LOOK_MS)]);
    const run = await board.untilBegun(runId, pause);
    if (run !== undefined || limit.aborted) return run?.untilTerminal(limit);
    if (hasPeers()) stored = await search.look(limit);
  }
  return stored;
}

/** Milliseconds since the epoch: when its message was made, else now. */
function endOf({ message }: TerminalNews): number {
  const { timestamp } = openedBy(message);
  return typeof timestamp === "number" ? timestamp : Date.now();
}
