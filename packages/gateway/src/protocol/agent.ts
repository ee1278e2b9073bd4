import { Type } from "@sinclair/typebox";

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
    runId: Type.String({ minLength: 1, maxLength: 256 }),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
