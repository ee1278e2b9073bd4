import { Type, type Static } from "@sinclair/typebox";
import { GatewayError } from "../errors.ts";
import { createParser } from "./schema.ts";

/** A call: the answer carries the same `id`. */
export const RequestFrame = Type.Object({
  type: Type.Literal("req"),
  id: Type.String({ minLength: 1, maxLength: 256 }),
  method: Type.String({ minLength: 1, maxLength: 128 }),
  params: Type.Optional(Type.Unknown()),
  traceparent: Type.Optional(Type.String({ maxLength: 128 })),
});
export type RequestFrame = Static<typeof RequestFrame>;

/** Why a call failed. */
export const ErrorShape = Type.Object(
  {
    code: Type.String({ minLength: 1 }),
    message: Type.String({ minLength: 1 }),
    details: Type.Optional(Type.Unknown()),
    retryable: Type.Optional(Type.Boolean()),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
export type ErrorShape = Static<typeof ErrorShape>;

/** The answer to a call. Answers may come in another order than the calls. */
export const ResponseFrame = Type.Object(
  {
    type: Type.Literal("res"),
    id: Type.String({ minLength: 1 }),
    ok: Type.Boolean(),
    payload: Type.Optional(Type.Unknown()),
    error: Type.Optional(ErrorShape),
  },
  { additionalProperties: false },
);
export type ResponseFrame = Static<typeof ResponseFrame>;

/** Something that happened; `seq` counts up by one for each event this connection was sent. */
export const EventFrame = Type.Object(
  {
    type: Type.Literal("event"),
    event: Type.String({ minLength: 1 }),
    payload: Type.Optional(Type.Unknown()),
    seq: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
export type EventFrame = Static<typeof EventFrame>;

/** A frame as it came: a call, or something that is none. */
export type Incoming =
  | { readonly kind: "request"; readonly frame: RequestFrame }
  | { readonly kind: "malformed"; readonly id: string; readonly reason: string };

const parseFrame = createParser(RequestFrame, "request frame");

/** Reads one text frame. Never throws: what cannot be read is `malformed`, with the id to answer under. */
export function readFrame(text: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(text);
    return { kind: "request", frame: parseFrame(value) };
  } catch (error) {
    const reason = error instanceof GatewayError ? error.message : "invalid request frame: not JSON";
    return { kind: "malformed", id: idOf(value), reason };
  }
}

/** One event as text; the payload is serialised once for all who get it. */
export function encodeEvent(event: string, payloadJson: string, seq: number): string {
  return `{"type":"event","event":${JSON.stringify(event)},"payload":${payloadJson},"seq":${seq}}`;
}

function idOf(value: unknown): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" && id !== "" && id.length <= 256 ? id : "invalid";
}
