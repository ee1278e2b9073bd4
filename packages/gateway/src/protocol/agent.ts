import { Type, type Static } from "@sinclair/typebox";
import { Milliseconds, Moment, RunId, closed } from "./fields.ts";

/** `agent`; fields of other gateways that have no meaning here are ignored. */
export const AgentParams = Type.Object({
  message: Type.String({ minLength: 1 }),
  idempotencyKey: Type.String({ minLength: 1, maxLength: 256 }),
  agentId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  sessionKey: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  sessionId: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  thinking: Type.Optional(Type.String({ maxLength: 64 })),
  timeout: Type.Optional(
    Type.Integer({ minimum: 0, description: "the run is stopped after so many seconds; 0: after a day" }),
  ),
});

/** `agent.wait`: for how long to wait, in milliseconds. */
export const AgentWaitParams = Type.Object(
  {
    runId: RunId,
    timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
);

export const AgentWaitResult = Type.Union([
  Type.Object({ runId: RunId, status: Type.Literal("ok"), endedAt: Moment }, closed),
  Type.Object({ runId: RunId, status: Type.Literal("error"), endedAt: Moment, error: Type.String() }, closed),
  Type.Object({ runId: RunId, status: Type.Literal("timeout") }, closed),
]);

/** The first answer of `agent`. */
const AgentAccepted = Type.Object(
  { runId: RunId, status: Type.Literal("accepted"), acceptedAt: Moment },
  closed,
);

const Count = Type.Integer({ minimum: 0 });

/** What came of it, and what that took. */
const AgentResult = Type.Object(
  {
    payloads: Type.Array(Type.Object({ text: Type.String(), mediaUrl: Type.Null() }, closed)),
    meta: Type.Object(
      {
        durationMs: Milliseconds,
        agentMeta: Type.Object(
          {
            sessionId: Type.String({ minLength: 1 }),
            provider: Type.String(),
            model: Type.String(),
            usage: Type.Object(
              {
                input: Count,
                output: Count,
                cacheRead: Count,
                cacheWrite: Count,
                totalTokens: Count,
              },
              closed,
            ),
          },
          closed,
        ),
      },
      closed,
    ),
  },
  { ...closed, title: "AgentResult" },
);
export type AgentResult = Static<typeof AgentResult>;

/** The last answer of `agent`. */
const AgentEnded = Type.Object(
  {
    runId: RunId,
    status: Type.Union([Type.Literal("ok"), Type.Literal("error"), Type.Literal("timeout")]),
    summary: Type.String(),
    result: AgentResult,
  },
  closed,
);
export type AgentEnded = Static<typeof AgentEnded>;

/** `agent`: two answers under one request id. */
export const AgentAnswers = Type.Union([AgentAccepted, AgentEnded]);
