import type { AppendItem, ImageContent } from "@session-lock/transcript";
import { Type, type Static } from "@sinclair/typebox";
import { readAttachments } from "../session/attachments.ts";
import { GatewayError } from "../errors.ts";
import { cleanText, normalText } from "../session/input-text.ts";
import { answerMessage, userMessage } from "../session/messages.ts";
import { createParser } from "../protocol/schema.ts";
import type { AgentRunner } from "../runners/runner.ts";

const Part = Type.Union([
  Type.Object({ type: Type.Literal("text"), text: Type.String() }),
  Type.Object({ type: Type.Literal("image_url"), image_url: Type.Object({ url: Type.String() }) }),
]);
const Role = Type.Union([
  Type.Literal("system"),
  Type.Literal("developer"),
  Type.Literal("user"),
  Type.Literal("assistant"),
]);
const SaidMessage = Type.Object({
  role: Role,
  content: Type.Union([Type.String(), Type.Array(Part, { maxItems: 1_000 })]),
});
/** A turn that asked for tools may have said nothing. */
const SilentMessage = Type.Object({
  role: Type.Literal("assistant"),
  content: Type.Optional(Type.Null()),
});
const Message = Type.Union([SaidMessage, SilentMessage]);
const Body = Type.Object({
  messages: Type.Array(Message, { minItems: 1, maxItems: 10_000 }),
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

/** Messages of one side that follow each other, as one. */
interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
  readonly images: readonly ImageContent[];
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

/** The rows that a session begins with. */
export function openingRows(
  earlier: readonly Turn[],
  model: AgentRunner["model"],
  timestamp: number,
): AppendItem[] {
  return earlier.map(({ role, text, images }) => {
    switch (role) {
      case "system":
        return { message: { role, content: text, timestamp } };
      case "user":
        return { message: userMessage(text, timestamp, images) };
      case "assistant":
        return { message: answerMessage({ text }, model, timestamp) };
    }
  });
}

/** Instructions first and as one, and no two turns of one side in a row: what every provider takes. */
function foldTurns(messages: readonly Static<typeof Message>[]): Turn[] {
  const turns: Turn[] = [];
  const instructions: string[] = [];
  for (const { role, content } of messages) {
    if (content === undefined || content === null) continue; // nothing was said
    const text = normalText(textOf(content), "a message");
    if (role === "system" || role === "developer") {
      instructions.push(text);
      continue;
    }
    const images = readAttachments(urlsOf(content).map((url) => ({ content: dataOf(url) })));
    const before = turns.at(-1);
    if (text.trim() === "" && images.length === 0) continue;
    if (before?.role === role) turns.splice(-1, 1, joined(before, { role, text, images }));
    else turns.push({ role, text, images });
  }
  const system = instructions.join("\n\n");
  return system === "" ? turns : [{ role: "system", text: system, images: [] }, ...turns];
}

function joined(before: Turn, { role, text, images }: Turn): Turn {
  return { role, text: `${before.text}\n\n${text}`, images: [...before.images, ...images] };
}

type Content = Static<typeof SaidMessage>["content"];

function textOf(content: Content): string {
  if (typeof content === "string") return content;
  return content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

function urlsOf(content: Content): string[] {
  if (typeof content === "string") return [];
  return content.flatMap((part) => (part.type === "image_url" ? [part.image_url.url] : []));
}

/** Images are taken as `data:` URLs only: a gateway that fetches what a request names can be sent anywhere. */
function dataOf(url: string): string {
  if (url.startsWith("data:")) return url;
  const details = { code: "UNSUPPORTED_ATTACHMENT" };
  throw new GatewayError("INVALID_REQUEST", "image_url must be a data: URL; nothing is fetched", { details });
}
