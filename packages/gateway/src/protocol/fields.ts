import { Type } from "@sinclair/typebox";

/** No other fields than those named. */
export const closed = { additionalProperties: false } as const;

export const SessionKey = Type.String({ minLength: 1, maxLength: 512 });
/** Default: the gateway's agent. */
export const AgentId = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));
/** The idempotency key that the message was sent with. */
export const RunId = Type.String({ minLength: 1, maxLength: 256 });
/** As programs that write transcripts make them. */
export const EntryId = Type.String({ minLength: 1 });
export const Milliseconds = Type.Integer({ minimum: 0, description: "ms" });
/** A moment. */
export const Moment = Type.Integer({ minimum: 0, description: "ms since the epoch" });
