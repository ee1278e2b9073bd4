import type { Static } from "@sinclair/typebox";
import { GatewayError } from "../errors.ts";
import { cleanText } from "../session/input-text.ts";
import { textOf } from "../session/message-text.ts";
import { AgentAnswers, AgentParams, type AgentEnded, type AgentResult } from "../protocol/agent.ts";
import { originOf } from "../run/answer-origin.ts";
import type { TerminalEvent } from "../run/run-track.ts";
import { identityOf } from "../runners/identity.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { refuseOtherSession } from "../session/session-identity.ts";
import { toSessionKey } from "../session/session-key.ts";
import type { Sessions } from "../session/sessions.ts";
import { defineMethod } from "./method.ts";

const DEFAULT_TIMEOUT_S = 600;
const MAX_TIMEOUT_S = 24 * 60 * 60;
/** What the run may take beyond its own time, to write its outcome down. */
const GRACE_MS = 30_000;

/** `agent`: a turn in one call with two answers. */
export const agent = defineMethod({
  name: "agent",
  summary:
    "Takes a message in and answers twice: `status` `accepted` when it is on disk, and, under the same request id, the outcome of its run. The session is that of `sessionKey`, or of `sessionId`, or the main one. `timeout` is in seconds.",
  scope: "operator.write",
  params: AgentParams,
  result: AgentAnswers,
  async handle(params, { sessions, agentId }, call) {
    const { idempotencyKey: runId, timeout = DEFAULT_TIMEOUT_S, thinking, sessionId } = params;
    const message = cleanText(params.message, "message");
    const sessionKey = await keyOf(params, sessions, agentId);
    const acceptedAt = Date.now();
    // The clock may be set back meanwhile.
    const startedMs = performance.now();
    const timeoutMs = Math.min(timeout || MAX_TIMEOUT_S, MAX_TIMEOUT_S) * 1_000;
    const thinkingLevel = thinking === undefined ? {} : { thinking };
    const known = await sessions.ensure(sessionKey, async (session) => {
      refuseOtherSession(sessionId, session.transcript.sessionId);
      const { status } = await session.accept({ runId, message, acceptedAt, timeoutMs, ...thinkingLevel });
      return {
        sessionId: session.transcript.sessionId,
        run: session.board.run(runId),
        usual: identityOf(session.runner, session.settings.model),
        outcome: status === "ok" ? session.outcome(runId) : undefined,
      };
    });
    call.answerFirst({ runId, status: "accepted", acceptedAt });
    const limit = AbortSignal.timeout(timeoutMs + GRACE_MS);
    const outcome = (await known.outcome) ?? (await known.run?.untilTerminal(limit));
    const durationMs = Math.floor(performance.now() - startedMs);
    return { runId, ...summaryOf(outcome), result: resultOf(outcome, { ...known, durationMs }) };
  },
});

/** A client that was given a session's id need not know its key. */
async function keyOf(
  { sessionKey, sessionId, agentId }: Static<typeof AgentParams>,
  sessions: Sessions,
  defaultAgentId: string,
): Promise<string> {
  if (sessionKey !== undefined || sessionId === undefined)
    return toSessionKey(sessionKey ?? "main", agentId ?? defaultAgentId);
  const record = (await sessions.list()).find((session) => session.sessionId === sessionId);
  if (record === undefined) throw new GatewayError("INVALID_REQUEST", "no session has that sessionId");
  return record.sessionKey;
}

function summaryOf(outcome: TerminalEvent | undefined): Pick<AgentEnded, "status" | "summary"> {
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

interface AnswerFacts {
  readonly sessionId: string;
  readonly durationMs: number;
  /** Who answers in the session as it is set. */
  readonly usual: AgentRunner["model"];
}

function resultOf(
  outcome: TerminalEvent | undefined,
  { sessionId, durationMs, usual }: AnswerFacts,
): AgentResult {
  const text = textOf(outcome?.message);
  const agentMeta = { sessionId, ...originOf(outcome, usual) };
  const payloads = text === "" ? [] : [{ text, mediaUrl: null }];
  return { payloads, meta: { durationMs, agentMeta } };
}
