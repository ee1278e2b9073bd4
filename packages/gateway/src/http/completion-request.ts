import type { ImageContent } from "@session-lock/transcript";
import { Type } from "@sinclair/typebox";
import { GatewayError } from "../errors.ts";
import { cleanText } from "../session/input-text.ts";
import { createParser } from "../protocol/schema.ts";
import { CompletionMessage, foldTurns, type Turn } from "./completion-messages.ts";

const Body = Type.Object({
  messages: Type.Array(CompletionMessage, { minItems: 1, maxItems: 10_000 }),
  model: Type.Optional(Type.String({ maxLength: 256 })),
  stream: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  stream_options: Type.Optional(
    Type.Union([Type.Null(), Type.Object({ include_usage: Type.Optional(Type.Boolean()) })]),
  ),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  reasoning_effort: Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 64 })])),
  n: Type.Optional(Type.Union([Type.Null(), Type.Literal(1)])),
  tools: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.Unknown(), { maxItems: 0 })])),
  functions: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.Unknown(), { maxItems: 0 })])),
});

/** What is asked for. */
export interface CompletionRequest {
  /** The last words of the user. */
  readonly text: string;
  readonly images: readonly ImageContent[];
  /** What came before them: the beginning of a session that is empty, and of no use to any other. */
  readonly earlier: readonly Turn[];
  readonly user: string | undefined;
  readonly thinking: string | undefined;
  readonly stream: boolean;
  /** Whether a stream ends with the number of tokens. */
  readonly includesUsage: boolean;
}

const parseBody = createParser(Body, "request");

/** Reads the body of a request. Throws `INVALID_REQUEST`. */
export function readCompletionRequest(raw: unknown): CompletionRequest {
  const { messages, stream, stream_options: options, user, reasoning_effort: effort } = parseBody(raw);
  const turns = foldTurns(messages);
  const last = turns.at(-1);
  if (last?.role !== "user") {
    throw new GatewayError("INVALID_REQUEST", "the last message must be the user's");
  }
  const text = last.images.length > 0 ? last.text : cleanText(last.text, "the last message");
  return {
    text,
    images: last.images,
    earlier: turns.slice(0, -1),
    user,
    thinking: effort ?? undefined,
    stream: stream ?? false,
    includesUsage: options?.include_usage ?? false,
  };
}
