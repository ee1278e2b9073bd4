import { GatewayError } from "../errors.ts";
import { cleanText } from "../session/input-text.ts";
import { textOf } from "../session/message-text.ts";
import { AgentParams } from "../protocol/agent.ts";
import type { TerminalEvent } from "../run/run-track.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod, type Services } from "./method.ts";

const DEFAULT_TIMEOUT_S = 600;
const MAX_TIMEOUT_S = 24 * 60 * 60;
/** What the run may take beyond its own time, to write its outcome down. */
const GRACE_MS = 30_000;

/** `agent`: a turn in one call with two answers. */
export const agent = defineMethod({
  name: "agent",
  summary:
    "Takes a message in and answers twice: `status` `accepted` when it is on disk, and, under the same request id, the outcome of its run. `timeout` is in seconds.",
  scope: "operator.write",
  params: AgentParams,
  async handle(params, services, call) {
    const { idempotencyKey: runId, timeout = DEFAULT_TIMEOUT_S, thinking, sessionId } = params;
    const { sessions, agentId } = services;
    const sessionKey = toSessionKey(params.sessionKey ?? "main", params.agentId ?? agentId);
    const message = cleanText(params.message, "message");
    const acceptedAt = Date.now();
    const timeoutMs = Math.min(timeout, MAX_TIMEOUT_S) * 1_000;
    const thinkingLevel = thinking === undefined ? {} : { thinking };
    const known = await sessions.ensure(sessionKey, async (session) => {
      if (sessionId !== undefined && sessionId !== session.transcript.sessionId) {
        throw new GatewayError("INVALID_REQUEST", "the session key belongs to another session by now");
      }
      const { status } = await session.accept({ runId, message, acceptedAt, timeoutMs, ...thinkingLevel });
      return {
        sessionId: session.transcript.sessionId,
        run: session.board.run(runId),
        outcome: status === "ok" ? session.outcome(runId) : undefined,
      };
    });
    call.answerFirst({ runId, status: "accepted", acceptedAt });
    const limit = AbortSignal.timeout(timeoutMs + GRACE_MS);
    const outcome = (await known.outcome) ?? (await known.run?.untilTerminal(limit));
    const durationMs = Date.now() - acceptedAt;
    return { runId, ...summaryOf(outcome), result: resultOf(outcome, services, { ...known, durationMs }) };
  },
});

function summaryOf(outcome: TerminalEvent | undefined): object {
  switch (outcome?.state) {
    case "final":
      return { status: "ok", summary: "completed" };
    case "error":
      return { status: "error", summary: outcome.errorMessage };
    case "aborted":
      return {
        status: outcome.stopReason === "timeout" ? "timeout" : "error",
        summary: `stopped: ${outcome.stopReason}`,
      };
    case undefined:
      return { status: "timeout", summary: "the run has not ended yet" };
  }
}

function resultOf(
  outcome: TerminalEvent | undefined,
  { model }: Services,
  facts: { readonly sessionId: string; readonly durationMs: number },
): object {
  const text = textOf(outcome?.message);
  const { provider, model: name } = model;
  const agentMeta = { sessionId: facts.sessionId, provider, model: name };
  const payloads = text === "" ? [] : [{ text, mediaUrl: null }];
  return { payloads, meta: { durationMs: facts.durationMs, agentMeta } };
}
