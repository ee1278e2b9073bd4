import { Type, type Static } from "@sinclair/typebox";
import { Attachment } from "../session/attachments.ts";
import { QUEUE_MODES } from "../lane/queue-mode.ts";
import { ChatEvent } from "./chat-event.ts";
import { HistoryRow } from "./chat-history.ts";
import { AgentId, EntryId, RunId, SessionKey, closed } from "./fields.ts";
import { noEffect } from "./no-effect.ts";

/** See {@link QUEUE_MODES}. */
export const QueueModeName = Type.Union(QUEUE_MODES.map((mode) => Type.Literal(mode)));

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

/** An input that was taken in, or had been. */
const Acknowledgement = Type.Object(
  {
    runId: RunId,
    status: Type.Union([Type.Literal("started"), Type.Literal("in_flight"), Type.Literal("ok")], {
      description: "`in_flight`: the key was sent before, and its run has not ended; `ok`: it has",
    }),
  },
  closed,
);
export type Acknowledgement = Static<typeof Acknowledgement>;

/** The runs that were stopped. */
export const Stopped = Type.Object(
  { ok: Type.Literal(true), aborted: Type.Boolean(), runIds: Type.Array(RunId) },
  closed,
);
export type Stopped = Static<typeof Stopped>;

/** `chat.send`: the second one is the answer to `/stop`. */
export const ChatSendResult = Type.Union([Acknowledgement, Stopped]);

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

export const ChatReplayResult = Type.Object({ runId: RunId, events: Type.Array(ChatEvent) }, closed);

export const ChatMessageGetResult = Type.Union([
  Type.Object({ ok: Type.Literal(true), message: HistoryRow }, closed),
  Type.Object({ ok: Type.Literal(false), unavailableReason: Type.Literal("not_found") }, closed),
]);

export const ChatInjectResult = Type.Object({ ok: Type.Literal(true), messageId: EntryId }, closed);
