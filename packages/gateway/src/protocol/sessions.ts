import { Type } from "@sinclair/typebox";
import { QueueModeName } from "./chat.ts";
import { AgentId, SessionKey, closed } from "./fields.ts";
import { noEffect } from "./no-effect.ts";

const key = SessionKey;
const agentId = AgentId;
const id = Type.Optional(Type.String({ minLength: 1, maxLength: 256 }));
const flag = Type.Optional(Type.Boolean());

/** A filter by something that no session here has. */
const matchesNone = Type.Optional(Type.String({ minLength: 1, description: "no session here matches" }));

/** `sessions.list`; filters of other gateways are understood where they have a meaning here. */
export const SessionsListParams = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1 })),
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
    activeMinutes: Type.Optional(Type.Integer({ minimum: 1 })),
    agentId: Type.Optional(Type.String({ minLength: 1 })),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    search: Type.Optional(Type.String({ maxLength: 512 })),
    sortBy: Type.Optional(
      Type.Union([Type.Literal("updatedAt"), Type.Literal("lastInteractionAt")], {
        description: "the same here",
      }),
    ),
    archived: Type.Optional(
      Type.Union([Type.Boolean(), Type.Literal("all")], {
        description: "only those that are archived (true) or are not (false, the default)",
      }),
    ),
    boardFace: Type.Optional(
      Type.Union([Type.Literal("chat"), Type.Literal("dashboard")], { description: "all are `chat`" }),
    ),
    creatorId: matchesNone,
    ownerId: matchesNone,
    involvingProfileId: matchesNone,
    spawnedBy: matchesNone,
    ...noEffect(
      "configuredAgentsOnly",
      "includeDerivedTitles",
      "includeGlobal",
      "includeLastMessage",
      "includePeople",
      "includeUnknown",
      "involvingMe",
      "ownerFirst",
      "requireLastInteraction",
    ),
  },
  closed,
);

const Setting = Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 512 }), Type.Null()]));
const keptText = Type.Optional(
  Type.Union([Type.String({ minLength: 1, maxLength: 512 }), Type.Null()], {
    description: "kept for clients, which get it back",
  }),
);

/** `sessions.patch`: what a session is set to; `null` takes a setting back to its default. */
export const SessionsPatchParams = Type.Object(
  {
    key,
    agentId,
    expectedSessionId: id,
    label: Setting,
    thinkingLevel: Setting,
    model: Setting,
    queueMode: Type.Optional(Type.Union([QueueModeName, Type.Null()])),
    sendPolicy: Type.Optional(
      Type.Union([Type.Literal("allow"), Type.Literal("deny"), Type.Null()], {
        description: "`deny`: new messages are refused, whichever way they come",
      }),
    ),
    archived: Type.Optional(Type.Boolean({ description: "`sessions.list` leaves it out, unless asked" })),
    pinned: Type.Optional(Type.Boolean({ description: "kept for clients, which get it back" })),
    category: keptText,
    color: keptText,
    icon: keptText,
    verboseLevel: keptText,
    reasoningLevel: keptText,
    traceLevel: keptText,
    // Whoever sets one of these must not believe that it holds: there is none here, which null says.
    permissionMode: Type.Optional(Type.Null()),
    toolOverrides: Type.Optional(Type.Null()),
    inheritedToolAllow: Type.Optional(Type.Null()),
    inheritedToolDeny: Type.Optional(Type.Null()),
    expectedPermissionMode: Type.Optional(Type.Null()),
    expectedToolOverrides: Type.Optional(Type.Null()),
    ...noEffect(
      "attention",
      "boardFace",
      "completionOwnerSessionKey",
      "contextWindow",
      "elevatedLevel",
      "execAsk",
      "execHost",
      "execNode",
      "execSecurity",
      "expectedMarkedUnreadAt",
      "fastMode",
      "groupActivation",
      "inheritedToolPolicyVersion",
      "responseUsage",
      "statusNote",
      "ttlMinutes",
      "unread",
    ),
  },
  closed,
);

export const SessionsDescribeParams = Type.Object(
  { key, ...noEffect("includeDerivedTitles", "includeLastMessage") },
  closed,
);

export const SessionsPreviewParams = Type.Object(
  {
    keys: Type.Array(key, { minItems: 1, maxItems: 64 }),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: "100 at most" })),
    maxChars: Type.Optional(Type.Integer({ minimum: 20, description: "10000 at most" })),
  },
  closed,
);

export const SessionsResetParams = Type.Object(
  { key, agentId, reason: Type.Optional(Type.Union([Type.Literal("new"), Type.Literal("reset")])) },
  closed,
);

export const SessionsDeleteParams = Type.Object(
  {
    key,
    agentId,
    deleteTranscript: flag,
    expectedSessionId: id,
    expectedSessionUpdatedAt: Type.Optional(Type.Number({ minimum: 0 })),
    archivedOnly: Type.Optional(Type.Boolean({ description: "refused unless the session is archived" })),
    ...noEffect("emitLifecycleHooks"),
  },
  closed,
);

export const SessionsMessagesParams = Type.Object({ key, agentId, ...noEffect("includeApprovals") }, closed);

/** `sessions.takeover`: `force` does not ask the gateway that runs the session, and needs `operator.admin`. */
export const SessionsTakeoverParams = Type.Object({ key, agentId, force: flag }, closed);
