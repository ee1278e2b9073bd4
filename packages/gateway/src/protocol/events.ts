import { Type } from "@sinclair/typebox";

const closed = { additionalProperties: false };
const Milliseconds = Type.Integer({ minimum: 0, description: "since the epoch" });
const sessionKey = Type.String({ minLength: 1 });

/** `connect.challenge`: the first thing a connection is sent; a device proof is signed over the nonce. */
export const ConnectChallengeEvent = Type.Object(
  { nonce: Type.String({ minLength: 1 }), ts: Milliseconds },
  closed,
);

/** `tick`: that the connection lives. */
export const TickEvent = Type.Object({ ts: Milliseconds }, closed);

/** `shutdown`: the gateway takes nothing new and closes its connections soon, with 1012. */
export const ShutdownEvent = Type.Object(
  { reason: Type.String({ minLength: 1 }), restartExpectedMs: Type.Integer({ minimum: 0 }) },
  closed,
);

/** `sessions.changed`, to those who asked for it by `sessions.subscribe`. */
export const SessionsChangedEvent = Type.Object(
  {
    sessionKey,
    sessionId: Type.Optional(Type.String({ minLength: 1, description: "missing when it was deleted" })),
    reason: Type.Union(
      ["message", "reset", "new", "patch", "delete", "problem"].map((reason) => Type.Literal(reason)),
      {
        description:
          "`problem`: a run cannot begin, or its end cannot be stored yet; `chat.history` says why",
      },
    ),
    ts: Milliseconds,
  },
  closed,
);

/** `session.message`, to those who asked for it by `sessions.messages.subscribe`: a message as it was stored. */
export const SessionMessageEvent = Type.Object(
  {
    sessionKey,
    message: Type.Object({
      role: Type.String(),
      __openclaw: Type.Object({ id: Type.String(), seq: Type.Integer({ minimum: 1 }) }),
    }),
    messageId: Type.String({ minLength: 1, description: "its entry" }),
    messageSeq: Type.Integer({ minimum: 1, description: "its place on the branch" }),
  },
  closed,
);
