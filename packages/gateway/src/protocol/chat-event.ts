import { Type, type Static } from "@sinclair/typebox";
import { RunId, SessionKey, closed } from "./fields.ts";

const runFields = {
  runId: RunId,
  sessionKey: SessionKey,
  agentId: Type.String({ minLength: 1 }),
  /**
   * Counts the events of this run; a process that goes on with a run begins far beyond those of the one
   * before.
   */
  seq: Type.Integer({ minimum: 0 }),
  message: Type.Optional(Type.Unknown()),
};

/**
 * More of the answer: `deltaText` is what is new, `message` holds all of it so far. After tool calls a new text begins:
 * its first delta says `replace`. So does the first of a process that goes on with the run of another.
 */
export const ChatDeltaEvent = Type.Object(
  {
    ...runFields,
    state: Type.Literal("delta"),
    deltaText: Type.String(),
    replace: Type.Optional(Type.Boolean()),
  },
  { ...closed, title: "ChatDelta" },
);

const ChatFinalEvent = Type.Object(
  { ...runFields, state: Type.Literal("final"), stopReason: Type.Optional(Type.String()) },
  closed,
);

const ChatAbortedEvent = Type.Object(
  { ...runFields, state: Type.Literal("aborted"), stopReason: Type.String() },
  closed,
);

/** What a failed run met; `unknown` is everything else. */
const ErrorKind = Type.Union([
  Type.Literal("refusal"),
  Type.Literal("timeout"),
  Type.Literal("rate_limit"),
  Type.Literal("context_length"),
  Type.Literal("unknown"),
]);
export type ErrorKind = Static<typeof ErrorKind>;

const ChatErrorEvent = Type.Object(
  {
    ...runFields,
    state: Type.Literal("error"),
    errorMessage: Type.String(),
    errorKind: ErrorKind,
  },
  closed,
);

/** The `chat` event. A run sends any number of deltas and then exactly one of the other three. */
export const ChatEvent = Type.Union([ChatDeltaEvent, ChatFinalEvent, ChatAbortedEvent, ChatErrorEvent], {
  title: "ChatEvent",
});
export type ChatEvent = Static<typeof ChatEvent>;
