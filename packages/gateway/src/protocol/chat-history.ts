import { Type, type Static } from "@sinclair/typebox";
import { ChatDeltaEvent } from "./chat-event.ts";
import { AgentId, EntryId, Moment, RunId, SessionKey, closed } from "./fields.ts";
import { noEffect } from "./no-effect.ts";

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

/** A message of the branch as it is stored, with its entry's id and its place, counted from 1. */
export const HistoryRow = Type.Object(
  {
    __openclaw: Type.Object(
      {
        id: EntryId,
        seq: Type.Integer({ minimum: 1 }),
        truncated: Type.Optional(Type.Literal(true, { description: "texts were cut to `maxChars`" })),
      },
      closed,
    ),
  },
  { title: "HistoryRow", description: "a message as it is stored" },
);
export type HistoryRow = Static<typeof HistoryRow> & Readonly<Record<string, unknown>>;

/** An acknowledged input whose run has not begun, as `chat.history` shows it. */
const PendingInput = Type.Object(
  {
    id: EntryId,
    runId: RunId,
    message: Type.Object({}),
    acceptedAt: Moment,
    state: Type.Literal("queued"),
  },
  closed,
);

/** Inputs that wait, the next one to run first. */
const PendingInputs = Type.Object(
  {
    items: Type.Array(PendingInput),
    total: Type.Integer({ minimum: 0, description: "how many wait, shown here or not" }),
    nextBefore: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "where the page of those that run earlier ends; missing where there are none",
      }),
    ),
  },
  { title: "PendingInputs", ...closed },
);
export type PendingInputs = Static<typeof PendingInputs>;

/** What became of an accepted input. */
const InputReceipt = Type.Union(
  [
    Type.Object({ runId: RunId, state: Type.Literal("pending") }, closed),
    Type.Object({ runId: RunId, state: Type.Literal("consumed"), consumedByEventId: EntryId }, closed),
  ],
  { title: "InputReceipt" },
);
export type InputReceipt = Static<typeof InputReceipt>;

const place = {
  sessionId: Type.Optional(Type.String({ minLength: 1 })),
  deltaCursor: Type.Optional(Type.String({ description: "to be given back as `cursor`" })),
};
const messages = Type.Array(HistoryRow);

const HistoryPage = Type.Object(
  { ...place, messages, hasMore: Type.Boolean(), totalMessages: Type.Integer({ minimum: 0 }) },
  closed,
);
const HistoryNews = Type.Object({ kind: Type.Literal("delta"), ...place, messages }, closed);
const HistoryReset = Type.Object({ kind: Type.Literal("reset") }, closed);

/** A page of the branch, or with `cursor` what came since, or that it cannot be told. */
export type HistoryPart = Static<typeof HistoryPage | typeof HistoryNews | typeof HistoryReset>;

/** What waits and works in the session now. */
const PresentState = Type.Object(
  {
    sessionKey: SessionKey,
    pendingInputs: PendingInputs,
    inputReceipts: Type.Optional(Type.Array(InputReceipt)),
    sessionInfo: Type.Object(
      {
        hasActiveRun: Type.Boolean(),
        activeRunIds: Type.Array(RunId),
        activeLeafEntryId: Type.Optional(EntryId),
        problem: Type.Optional(
          Type.String({ description: "why a run cannot begin, or its end is not on disk yet" }),
        ),
      },
      { title: "SessionInfo", ...closed },
    ),
    inFlightRun: Type.Optional(ChatDeltaEvent),
  },
  closed,
);
export type PresentState = Static<typeof PresentState>;

export const ChatHistoryResult = Type.Union([
  Type.Composite([PresentState, HistoryPage], closed),
  Type.Composite([PresentState, HistoryNews], closed),
  Type.Composite([PresentState, HistoryReset], closed),
]);
