import { Type, type Static } from "@sinclair/typebox";
import { QueueModeName } from "./chat.ts";
import { Moment, SessionKey, closed } from "./fields.ts";

const SessionId = Type.String({ minLength: 1 });
const Text = Type.Optional(Type.String());
const done = { ok: Type.Literal(true), key: SessionKey };

/** What clients set for each other to see: the gateway keeps it in the session's record and gives it back. */
export const KeptFields = Type.Object(
  {
    archived: Type.Optional(Type.Boolean()),
    category: Text,
    color: Text,
    icon: Text,
    pinned: Type.Optional(Type.Boolean()),
    reasoningLevel: Text,
    sendPolicy: Type.Optional(Type.Union([Type.Literal("allow"), Type.Literal("deny")])),
    traceLevel: Text,
    verboseLevel: Text,
  },
  closed,
);
export type KeptFields = Static<typeof KeptFields>;

/** What a session is set to; a setting that is missing has its default. */
const settings = {
  label: Text,
  thinkingLevel: Text,
  model: Text,
  queueMode: QueueModeName,
  ...KeptFields.properties,
};

export const SessionsListResult = Type.Object(
  {
    ts: Moment,
    count: Type.Integer({ minimum: 0, description: "of this page" }),
    totalCount: Type.Integer({ minimum: 0, description: "of all that match" }),
    defaults: Type.Object({ modelProvider: Type.String(), model: Type.String() }, closed),
    sessions: Type.Array(
      Type.Object(
        {
          key: SessionKey,
          kind: Type.Literal("direct"),
          sessionId: SessionId,
          updatedAt: Moment,
          label: Text,
          hasActiveRun: Type.Boolean(),
          ...KeptFields.properties,
        },
        closed,
      ),
    ),
  },
  closed,
);

export const SessionsDescribeResult = Type.Object(
  {
    session: Type.Union([
      Type.Object(
        {
          key: SessionKey,
          kind: Type.Literal("direct"),
          sessionId: SessionId,
          createdAt: Moment,
          updatedAt: Moment,
          hasActiveRun: Type.Boolean(),
          ...settings,
        },
        closed,
      ),
      Type.Null(),
    ]),
  },
  closed,
);

export const SessionsPatchResult = Type.Object(
  { ...done, entry: Type.Object({ sessionId: SessionId, updatedAt: Moment, ...settings }, closed) },
  closed,
);

/** The last words of one session. */
const Preview = Type.Object(
  {
    key: Type.String(),
    status: Type.Union([Type.Literal("ok"), Type.Literal("empty"), Type.Literal("missing")]),
    items: Type.Array(Type.Object({ role: Type.String(), text: Type.String() }, closed)),
  },
  closed,
);
export type Preview = Static<typeof Preview>;

export const SessionsPreviewResult = Type.Object({ ts: Moment, previews: Type.Array(Preview) }, closed);

export const SessionsResetResult = Type.Object(
  { ...done, entry: Type.Object({ sessionId: SessionId, updatedAt: Moment }, closed) },
  closed,
);

export const SessionsDeleteResult = Type.Object(
  { ...done, deleted: Type.Boolean(), archived: Type.Array(Type.String(), { maxItems: 0 }) },
  closed,
);

export const SessionsSubscribeResult = Type.Object({ subscribed: Type.Literal(true) }, closed);

export const SessionsMessagesResult = Type.Object({ subscribed: Type.Boolean(), key: SessionKey }, closed);

/** The gateway that runs a session now. */
export const LaneHolder = Type.Object(
  {
    name: Type.String(),
    pid: Type.Integer({ minimum: 0 }),
    host: Type.Optional(Type.String()),
    since: Moment,
    epoch: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { ...closed, title: "LaneHolder" },
);

const TakeoverOutcome = Type.Union([Type.Literal("free"), Type.Literal("asked"), Type.Literal("forced")]);
export type TakeoverOutcome = Static<typeof TakeoverOutcome>;

export const SessionsTakeoverResult = Type.Object(
  {
    ...done,
    outcome: TakeoverOutcome,
    holder: Type.Optional(LaneHolder),
  },
  closed,
);
