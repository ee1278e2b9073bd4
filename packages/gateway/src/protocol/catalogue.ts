import { Type } from "@sinclair/typebox";
import { Milliseconds, closed } from "./fields.ts";

const Name = Type.String({ minLength: 1 });
const Count = Type.Integer({ minimum: 0 });

/** Methods that take nothing; unknown fields are ignored. */
export const NoParams = Type.Object({});

export const AgentsListResult = Type.Object(
  {
    defaultId: Name,
    mainKey: Name,
    scope: Type.Literal("per-sender"),
    agents: Type.Array(Type.Object({ id: Name }, closed)),
  },
  { ...closed, title: "AgentsList" },
);

const source = Type.Literal("core");
const none = Type.Array(Type.String(), { maxItems: 0 });

/** The tools of a runner, as one group. */
export const ToolsCatalogResult = Type.Object(
  {
    agentId: Name,
    profiles: none,
    groups: Type.Array(
      Type.Object(
        {
          id: Name,
          label: Name,
          source,
          tools: Type.Array(
            Type.Object(
              { id: Name, label: Name, description: Type.String(), source, defaultProfiles: none },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const AgentIdentityResult = Type.Object({ agentId: Name, name: Name }, closed);

export const ModelsListResult = Type.Object(
  {
    models: Type.Array(
      Type.Object({ id: Name, name: Name, provider: Name, available: Type.Boolean() }, closed),
    ),
  },
  closed,
);

export const CommandsListResult = Type.Object(
  {
    commands: Type.Array(
      Type.Object(
        {
          name: Name,
          textAliases: Type.Array(Name),
          description: Type.String(),
          category: Type.Literal("session"),
          source: Type.Literal("native"),
          scope: Type.Literal("text"),
          acceptsArgs: Type.Boolean(),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const ChatMetadataResult = Type.Object(
  { ...ModelsListResult.properties, ...CommandsListResult.properties },
  { ...closed, title: "ChatMetadata" },
);

export const StatusResult = Type.Object(
  {
    version: Name,
    uptimeMs: Milliseconds,
    draining: Type.Boolean(),
    connections: Count,
    openSessions: Count,
    activeRuns: Count,
    queuedRuns: Count,
    degradedSessions: Type.Integer({
      minimum: 0,
      description: "where a run cannot begin, or its end is not on disk yet",
    }),
  },
  closed,
);
