import { Type, type Static } from "@sinclair/typebox";
import { closed } from "./fields.ts";
import type { ErrorShape } from "./frames.ts";

const Text = Type.String({ minLength: 1, maxLength: 1024 });
const Version = Type.Integer({ minimum: 1, maximum: 1_000_000 });

/** The proof that a client holds a device key: an Ed25519 signature over the challenge. */
export const DeviceProof = Type.Object({
  id: Text,
  publicKey: Text,
  signature: Text,
  signedAt: Type.Integer({ minimum: 0 }),
  /** Its absence has an answer of its own: clients of earlier protocols signed none. */
  nonce: Type.Optional(Type.String({ maxLength: 1024 })),
});
export type DeviceProof = Static<typeof DeviceProof>;

/** Parameters of `connect`. Fields of clients newer than this gateway are allowed and ignored. */
export const ConnectParams = Type.Object({
  minProtocol: Version,
  maxProtocol: Version,
  client: Type.Object({
    id: Text,
    displayName: Type.Optional(Text),
    version: Text,
    platform: Text,
    deviceFamily: Type.Optional(Text),
    modelIdentifier: Type.Optional(Text),
    mode: Text,
    instanceId: Type.Optional(Text),
  }),
  role: Type.Optional(Text),
  scopes: Type.Optional(Type.Array(Text, { maxItems: 64 })),
  caps: Type.Optional(Type.Array(Text, { maxItems: 64 })),
  auth: Type.Optional(
    Type.Object({
      token: Type.Optional(Type.String({ maxLength: 4096 })),
      deviceToken: Type.Optional(Type.String({ maxLength: 4096 })),
      password: Type.Optional(Type.String({ maxLength: 4096 })),
    }),
  ),
  device: Type.Optional(DeviceProof),
  locale: Type.Optional(Type.String({ maxLength: 128 })),
  userAgent: Type.Optional(Type.String({ maxLength: 1024 })),
});
export type ConnectParams = Static<typeof ConnectParams>;

const Names = Type.Array(Type.String({ minLength: 1 }));

/** What `health` answers and hello-ok carries. */
export const Health = Type.Object(
  {
    ok: Type.Literal(true),
    ts: Type.Integer({ minimum: 0 }),
    durationMs: Type.Integer({ minimum: 0 }),
    defaultAgentId: Type.String(),
  },
  { ...closed, title: "Health" },
);
export type Health = Static<typeof Health>;

/** A connection, as others may see it. */
export const Presence = Type.Object(
  {
    version: Text,
    platform: Text,
    mode: Text,
    deviceFamily: Type.Optional(Text),
    instanceId: Type.Optional(Text),
    /** When it connected, in milliseconds since the epoch. */
    ts: Type.Integer({ minimum: 0 }),
  },
  { ...closed, title: "Presence" },
);
export type Presence = Static<typeof Presence>;

/** The answer to a `connect` that was accepted. */
export const HelloOk = Type.Object(
  {
    type: Type.Literal("hello-ok"),
    protocol: Version,
    server: Type.Object({ version: Text, connId: Text }),
    features: Type.Object({ methods: Names, events: Names }),
    snapshot: Type.Object({
      presence: Type.Array(Presence),
      health: Health,
      stateVersion: Type.Object({ presence: Type.Integer(), health: Type.Integer() }),
      uptimeMs: Type.Integer({ minimum: 0 }),
      sessionDefaults: Type.Object({
        defaultAgentId: Text,
        mainKey: Text,
        mainSessionKey: Text,
        scope: Text,
        modelConfigured: Type.Boolean(),
      }),
      authMode: Type.Union([Type.Literal("none"), Type.Literal("token")]),
    }),
    auth: Type.Object({ role: Text, scopes: Names }),
    policy: Type.Object({
      maxPayload: Type.Integer(),
      maxBufferedBytes: Type.Integer(),
      tickIntervalMs: Type.Integer(),
    }),
  },
  closed,
);
export type HelloOk = Static<typeof HelloOk>;

/** A handshake that failed: what the client is told, and how the connection is closed. */
export interface Refusal {
  readonly error: ErrorShape;
  readonly closeCode: 1002 | 1008;
}
