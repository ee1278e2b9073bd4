import type { ImageContent } from "@session-lock/transcript";
import { Type, type Static } from "@sinclair/typebox";
import { readAttachments } from "../session/attachments.ts";
import { GatewayError } from "../errors.ts";
import { normalText } from "../session/input-text.ts";
import type { AgentToolCall } from "../runners/runner.ts";

const TextPart = Type.Object({ type: Type.Literal("text"), text: Type.String() });
const ImagePart = Type.Object({
  type: Type.Literal("image_url"),
  image_url: Type.Object({ url: Type.String() }),
});
const Content = Type.Union([
  Type.String(),
  Type.Array(Type.Union([TextPart, ImagePart]), { maxItems: 1_000 }),
]);
type Content = Static<typeof Content>;

const ToolCall = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 256 }),
  type: Type.Optional(Type.Literal("function")),
  function: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 256 }),
    arguments: Type.String(),
  }),
});

/** A message of the OpenAI API. */
export const CompletionMessage = Type.Union([
  Type.Object({
    role: Type.Union([Type.Literal("system"), Type.Literal("developer"), Type.Literal("user")]),
    content: Content,
  }),
  Type.Object({
    role: Type.Literal("assistant"),
    /** A turn that asked for tools may have said nothing. */
    content: Type.Optional(Type.Union([Content, Type.Null()])),
    tool_calls: Type.Optional(Type.Union([Type.Array(ToolCall, { maxItems: 128 }), Type.Null()])),
  }),
  Type.Object({
    role: Type.Literal("tool"),
    tool_call_id: Type.String({ minLength: 1, maxLength: 256 }),
    content: Type.Union([Type.String(), Type.Array(TextPart, { maxItems: 1_000 })]),
  }),
]);
type CompletionMessage = Static<typeof CompletionMessage>;

/** Messages of one side that follow each other, as one. */
export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
  readonly images: readonly ImageContent[];
  /** What the assistant had run after it said this. */
  readonly tools: readonly ToolUse[];
}

/** A turn that more messages may join. Their texts are joined once, at its end: each time anew takes the square of them. */
interface OpenTurn {
  readonly role: Turn["role"];
  readonly texts: string[];
  readonly images: ImageContent[];
  tools: readonly ToolUse[];
}

/** A call of a tool and what came of it. */
interface ToolUse {
  readonly call: AgentToolCall;
  readonly result: string;
}

type Of<R extends CompletionMessage["role"]> = Extract<CompletionMessage, { readonly role: R }>;
type ToolCall = NonNullable<Of<"assistant">["tool_calls"]>[number];

/**
 * Instructions first and as one, and no two turns of one side in a row: what every provider takes. Throws
 * `INVALID_REQUEST` for a tool's result without its call; a call without its result is left out.
 */
export function foldTurns(messages: readonly CompletionMessage[]): Turn[] {
  const turns: OpenTurn[] = [];
  const instructions: string[] = [];
  const callIds = new Map<string, number>();
  /** The calls that results may follow now. */
  let asked: readonly ToolCall[] = [];
  for (const [at, message] of messages.entries()) {
    if (message.role === "tool") {
      refuseUncalled(message, asked);
      continue;
    }
    asked = message.role === "assistant" ? (message.tool_calls ?? []) : [];
    switch (message.role) {
      case "system":
      case "developer":
        instructions.push(normalText(textOf(message.content), "a message"));
        break;
      case "user":
        add(turns, { role: "user", ...saidIn(message.content), tools: [] });
        break;
      case "assistant": {
        const tools = asked.length === 0 ? [] : toolUses(asked, resultsAfter(messages, at), callIds);
        add(turns, { role: "assistant", ...saidIn(message.content ?? ""), tools });
      }
    }
  }
  const text = instructions.join("\n\n");
  const said = turns.map(closed);
  return text === "" ? said : [{ role: "system", text, images: [], tools: [] }, ...said];
}

function add(turns: OpenTurn[], { role, text, images, tools }: Turn): void {
  const before = turns.at(-1);
  const isBlank = text.trim() === "";
  if (isBlank && images.length === 0 && tools.length === 0) return;
  if (before?.role !== role || before.tools.length > 0) {
    turns.push({ role, texts: [text], images: [...images], tools });
    return;
  }
  if (!isBlank) before.texts.push(text);
  before.images.push(...images);
  before.tools = tools;
}

/** One text is left as it is; among several, those without words are left out. */
function closed({ role, texts, images, tools }: OpenTurn): Turn {
  const [only = "", ...others] = texts;
  const text = others.length === 0 ? only : texts.filter((part) => part.trim() !== "").join("\n\n");
  return { role, text, images, tools };
}

/** The results that follow a message at once. */
function resultsAfter(messages: readonly CompletionMessage[], at: number): Of<"tool">[] {
  const results: Of<"tool">[] = [];
  for (let next = at + 1; ; next += 1) {
    const message = messages[next];
    if (message?.role !== "tool") return results;
    results.push(message);
  }
}

function toolUses(
  calls: readonly ToolCall[],
  results: readonly Of<"tool">[],
  callIds: Map<string, number>,
): ToolUse[] {
  return calls.flatMap(({ id, function: { name, arguments: args } }) => {
    const result = results.find((candidate) => candidate.tool_call_id === id);
    if (result === undefined) return [];
    const text = normalText(textOf(result.content), "a tool's result");
    return [{ call: { id: ownId(id, callIds), name, arguments: argumentsIn(args) }, result: text }];
  });
}

/** Some models number the calls of each turn anew; in a session each has an id of its own. */
function ownId(id: string, taken: Map<string, number>): string {
  const before = taken.get(id) ?? 0;
  taken.set(id, before + 1);
  // Who numbers them like this already is numbered once more.
  return before === 0 ? id : ownId(`${id}-${before + 1}`, taken);
}

/** What a model wrote that is no JSON object is kept as it is. */
function argumentsIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : { text };
  } catch {
    return { text };
  }
}

function refuseUncalled({ tool_call_id: id }: Of<"tool">, asked: readonly ToolCall[]): void {
  if (asked.some((call) => call.id === id)) return;
  throw new GatewayError("INVALID_REQUEST", `a tool's message answers no call of the turn before it: ${id}`);
}

function saidIn(content: Content): Pick<Turn, "text" | "images"> {
  const images = readAttachments(urlsOf(content).map((url) => ({ content: dataOf(url) })));
  return { text: normalText(textOf(content), "a message"), images };
}

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
