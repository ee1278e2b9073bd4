import { Type, type Static } from "@sinclair/typebox";

const fields = {
  runId: Type.String({ minLength: 1 }),
  /** Counts the `agent` events of this run. */
  seq: Type.Integer({ minimum: 0 }),
  /** Milliseconds since the epoch. */
  ts: Type.Integer({ minimum: 0 }),
};
const closed = { additionalProperties: false };

/** A run begins or ends. */
const LifecycleEvent = Type.Object(
  {
    ...fields,
    stream: Type.Literal("lifecycle"),
    data: Type.Object(
      {
        phase: Type.Union([Type.Literal("start"), Type.Literal("end"), Type.Literal("error")]),
        sessionKey: Type.String({ minLength: 1 }),
        error: Type.Optional(Type.String()),
      },
      closed,
    ),
  },
  closed,
);

/** More of the answer: `delta` is new, `text` is all since the last tool calls. */
const AssistantEvent = Type.Object(
  {
    ...fields,
    stream: Type.Literal("assistant"),
    data: Type.Object({ text: Type.String(), delta: Type.String() }, closed),
  },
  closed,
);

/** A tool call begins, or has its result. Sent to connections with the capability `tool-events` only. */
const ToolEvent = Type.Object(
  {
    ...fields,
    stream: Type.Literal("tool"),
    data: Type.Union([
      Type.Object(
        {
          phase: Type.Literal("start"),
          toolCallId: Type.String(),
          name: Type.String(),
          args: Type.Record(Type.String(), Type.Unknown()),
        },
        closed,
      ),
      Type.Object(
        {
          phase: Type.Literal("result"),
          toolCallId: Type.String(),
          name: Type.String(),
          isError: Type.Boolean(),
          result: Type.String(),
        },
        closed,
      ),
    ]),
  },
  closed,
);

/** The `agent` event: what a run does, for those who want to see more than its `chat` events. */
export const AgentStreamEvent = Type.Union([LifecycleEvent, AssistantEvent, ToolEvent]);
export type AgentStreamEvent = Static<typeof AgentStreamEvent>;
