import { AgentWaitParams } from "../protocol/agent.ts";
import { defineMethod } from "./method.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1_000;

/** `agent.wait`: the end of a run that another call has started. */
export const agentWait = defineMethod({
  name: "agent.wait",
  summary:
    "Waits for the end of a run, `timeoutMs` (30 s) at most, and answers `ok`, `error` or `timeout`. A run that is not known may still come, so it is waited for as well. Of several under that id, in several sessions, it is the one that began last.",
  scope: "operator.write",
  params: AgentWaitParams,
  async handle({ runId, timeoutMs = DEFAULT_TIMEOUT_MS }, { board }) {
    const limit = AbortSignal.timeout(Math.min(timeoutMs, MAX_TIMEOUT_MS));
    const run = await board.untilBegun(runId, limit);
    const outcome = await run?.untilTerminal(limit);
    if (outcome === undefined) return { runId, status: "timeout" };
    const endedAt = Date.now();
    if (outcome.state === "final") return { runId, status: "ok", endedAt };
    const error = outcome.state === "error" ? outcome.errorMessage : `stopped: ${outcome.stopReason}`;
    return { runId, status: "error", endedAt, error };
  },
});
