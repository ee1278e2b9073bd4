import { Type, type Static } from "@sinclair/typebox";
import { Attachment } from "../session/attachments.ts";
import { QUEUE_MODES } from "../lane/queue-mode.ts";
import { noEffect } from "./no-effect.ts";

const SessionKey = Type.String({ minLength: 1, maxLength: 512 });
const AgentId = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));
const RunId = Type.String({ minLength: 1, maxLength: 256 });
/** See {@link QUEUE_MODES}. */
export const QueueModeName = Type.Union(QUEUE_MODES.map((mode) => Type.Literal(mode)));
const closed = { additionalProperties: false };

/** `chat.send`: what a person says. The `idempotencyKey` becomes the run's id. */
export const ChatSendParams = Type.Object(
  {
    sessionKey: SessionKey,
    agentId: AgentId,
    sessionId: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    message: Type.String(),
    idempotencyKey: RunId,
    thinking: Type.Optional(Type.String({ maxLength: 64 })),
    queueMode: Type.Optional(QueueModeName),
    attachments: Type.Optional(Type.Array(Attachment, { maxItems: 1_000 })),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 0 })),
    expectedLeafEntryId: Type.Optional(
      Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()], {
        description:
          "refused unless it is the leaf (null: there is none) or, with `sessionId`, on the branch; not if `steer`",
      }),
    ),
    suppressCommandInterpretation: Type.Optional(
      Type.Boolean({ description: "`/stop` is a message like any other" }),
    ),
    // There is neither of them here, so what a client knows of them can only be null.
    expectedPermissionMode: Type.Optional(Type.Null()),
    expectedToolOverrides: Type.Optional(Type.Null()),
    ...noEffect(
      "deliver",
      "expectedSessionRoutingContract",
      "fastAutoOnSeconds",
      "fastMode",
      "intent",
      "originatingAccountId",
      "originatingChannel",
      "originatingThreadId",
      "originatingTo",
      "replyToId",
      "systemInputProvenance",
      "systemProvenanceReceipt",
      "toolBindings",
    ),
  },
  closed,
);

export const ChatSendResult = Type.Object(
  {
    runId: RunId,
    status: Type.Union([Type.Literal("started"), Type.Literal("in_flight"), Type.Literal("ok")]),
  },
  closed,
);
export type ChatSendResult = Static<typeof ChatSendResult>;

/** `chat.history`: the active branch, newest page first; with `cursor`, a `deltaCursor` got before, what came since. */
export const ChatHistoryParams = Type.Object(
  {
    sessionKey: SessionKey,
    agentId: AgentId,
    limit: Type.Optional(Type.Integer({ minimum: 1 })),
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
    maxChars: Type.Optional(Type.Integer({ minimum: 1 })),
    maxBytes: Type.Optional(
      Type.Integer({ minimum: 1, description: "at most `MAX_HISTORY_BYTES`, and one message in any case" }),
    ),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    messageId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: "the page ends with this message" }),
    ),
    pendingBefore: Type.Optional(
      Type.Integer({ minimum: 1, description: "`nextBefore` of the page of waiting inputs after this one" }),
    ),
    inputRunIds: Type.Optional(
      Type.Array(RunId, {
        minItems: 1,
        maxItems: 50,
        uniqueItems: true,
        description: "runs whose inputs `inputReceipts` tells of: waiting, or the message they became",
      }),
    ),
    ...noEffect("sessionId"),
  },
  closed,
);

/** `chat.replay`: `afterSeq` is the last event of the run that the client knows. */
export const ChatReplayParams = Type.Object(
  { sessionKey: SessionKey, agentId: AgentId, runId: RunId, afterSeq: Type.Integer({ minimum: -1 }) },
  closed,
);

/** `chat.message.get`: the entry id is `__openclaw.id` of a row of the history. */
export const ChatMessageGetParams = Type.Object(
  {
    sessionKey: SessionKey,
    agentId: AgentId,
    messageId: Type.String({ minLength: 1, maxLength: 256 }),
    maxChars: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);

export const ChatMetadataParams = Type.Object(
  { agentId: AgentId, sessionKey: Type.Optional(SessionKey) },
  closed,
);

/** `chat.abort`: one run, or everything of the session when no run is named. */
export const ChatAbortParams = Type.Object(
  {
    sessionKey: SessionKey,
    agentId: AgentId,
    runId: Type.Optional(RunId),
    ...noEffect("preserveSideRuns"),
  },
  closed,
);

/** `chat.inject`: a note put into the conversation as the assistant's. */
export const ChatInjectParams = Type.Object(
  {
    sessionKey: SessionKey,
    agentId: AgentId,
    message: Type.String({ minLength: 1 }),
    label: Type.Optional(Type.String({ maxLength: 100 })),
  },
  closed,
);

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
const ChatDeltaEvent = Type.Object(
  {
    ...runFields,
    state: Type.Literal("delta"),
    deltaText: Type.String(),
    replace: Type.Optional(Type.Boolean()),
  },
  closed,
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
export const ChatEvent = Type.Union([ChatDeltaEvent, ChatFinalEvent, ChatAbortedEvent, ChatErrorEvent]);
export type ChatEvent = Static<typeof ChatEvent>;
