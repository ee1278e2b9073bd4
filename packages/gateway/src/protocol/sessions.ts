import { Type } from "@sinclair/typebox";
import { QueueModeName } from "./chat.ts";

/** `sessions.list`; filters of other gateways are understood where they have a meaning here. */
export const SessionsListParams = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1 })),
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
    activeMinutes: Type.Optional(Type.Integer({ minimum: 1 })),
    agentId: Type.Optional(Type.String({ minLength: 1 })),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    search: Type.Optional(Type.String({ maxLength: 512 })),
    includeGlobal: Type.Optional(Type.Boolean()),
    includeUnknown: Type.Optional(Type.Boolean()),
    includeDerivedTitles: Type.Optional(Type.Boolean()),
    includeLastMessage: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const Setting = Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()]));

/** `sessions.patch`: what a session is set to; `null` takes a setting back to its default. */
export const SessionsPatchParams = Type.Object(
  {
    key: Type.String({ minLength: 1, maxLength: 512 }),
    agentId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    label: Setting,
    thinkingLevel: Setting,
    model: Setting,
    queueMode: Type.Optional(Type.Union([QueueModeName, Type.Null()])),
  },
  { additionalProperties: false },
);

/** Methods that take nothing; unknown fields are ignored. */
export const NoParams = Type.Object({});

const key = Type.String({ minLength: 1, maxLength: 512 });
const agentId = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));
const closed = { additionalProperties: false };

export const SessionsDescribeParams = Type.Object(
  {
    key,
    includeDerivedTitles: Type.Optional(Type.Boolean()),
    includeLastMessage: Type.Optional(Type.Boolean()),
  },
  closed,
);

export const SessionsPreviewParams = Type.Object(
  {
    keys: Type.Array(key, { minItems: 1, maxItems: 64 }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    maxChars: Type.Optional(Type.Integer({ minimum: 20, maximum: 10_000 })),
  },
  closed,
);

export const SessionsResetParams = Type.Object(
  { key, agentId, reason: Type.Optional(Type.Union([Type.Literal("new"), Type.Literal("reset")])) },
  closed,
);

export const SessionsDeleteParams = Type.Object(
  { key, agentId, deleteTranscript: Type.Optional(Type.Boolean()) },
  closed,
);

export const SessionsInspectParams = Type.Object({ key, agentId }, closed);

export const SessionsMessagesParams = Type.Object({ key, agentId }, closed);

/** `sessions.takeover`: `force` does not ask the gateway that runs the session, and needs `operator.admin`. */
export const SessionsTakeoverParams = Type.Object(
  { key, agentId, force: Type.Optional(Type.Boolean()) },
  closed,
);
