import type { TSchema } from "@sinclair/typebox";
import { METHODS, EVENTS } from "../src/methods/registry.ts";
import { AgentStreamEvent } from "../src/protocol/agent-event.ts";
import { ChatEvent } from "../src/protocol/chat-event.ts";
import { ConnectParams, HelloOk } from "../src/protocol/connect.ts";
import {
  ConnectChallengeEvent,
  SessionMessageEvent,
  SessionsChangedEvent,
  ShutdownEvent,
  TickEvent,
} from "../src/protocol/events.ts";
import { EventFrame, RequestFrame, ResponseFrame } from "../src/protocol/frames.ts";
import * as limits from "../src/protocol/limits.ts";

const SHAPES: readonly (readonly [string, TSchema])[] = [
  ["Request", RequestFrame],
  ["Response", ResponseFrame],
  ["Event", EventFrame],
  ["`connect` parameters", ConnectParams],
  ["`connect` answer, `hello-ok`", HelloOk],
  ["`chat` event", ChatEvent],
  ["`agent` event", AgentStreamEvent],
  ["`connect.challenge` event", ConnectChallengeEvent],
  ["`session.message` event", SessionMessageEvent],
  ["`sessions.changed` event", SessionsChangedEvent],
  ["`shutdown` event", ShutdownEvent],
  ["`tick` event", TickEvent],
];

/** The protocol as a page, made from the schemas that the gateway checks with. */
export function protocolPage(): string {
  const methods = [...METHODS.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  const shown = [...SHAPES.map(([, schema]) => schema), ...methods.map(({ result }) => result)];
  const parts = new Map(shown.flatMap(titledParts).map((part) => [String(part["title"]), part]));
  return `${[
    "# Protocol",
    "Made from the schemas in `src/protocol/` and the methods in `src/methods/`; `pnpm run docs` writes it anew.",
    "A field with `?` may be left out. `…` stands for further fields, which are ignored. A name with a capital is one of the [parts](#parts).",
    "## Frames and events",
    ...SHAPES.map(([name, schema]) => `### ${name}\n\n${block(schema)}`),
    `Events: ${EVENTS.map((name) => `\`${name}\``).join(", ")}.`,
    "## Methods",
    ...methods.map(({ name, summary, scope, params, result }) => {
      return `### ${name}\n\n${summary} Needs \`${scope}\`.\n\n${block(params)}\n\nAnswer:\n\n${block(result)}`;
    }),
    "## Parts",
    ...[...parts].sort().map(([name, schema]) => `### ${name}\n\n${block(schema)}`),
    "## Limits",
    limitRows().join("\n"),
  ].join("\n\n")}\n`;
}

function block(schema: TSchema): string {
  return `\`\`\`text\n${insideOf(schema)}\n\`\`\``;
}

/** Schemas with a name of their own within a schema. */
function titledParts(schema: TSchema): TSchema[] {
  const fields = Object.values((schema["properties"] ?? {}) as Record<string, TSchema>);
  const inner = [...fields, ...((schema["anyOf"] ?? []) as TSchema[])];
  if (schema["type"] === "array") inner.push(schema["items"] as TSchema);
  return inner.flatMap((part) => [...("title" in part ? [part] : []), ...titledParts(part)]);
}

function limitRows(): string[] {
  return Object.entries(limits).map(([name, value]) => `- \`${name}\`: ${value}`);
}

function shapeOf(schema: TSchema, indent: string): string {
  return typeof schema["title"] === "string" ? schema["title"] : insideOf(schema, indent);
}

function insideOf(schema: TSchema, indent = ""): string {
  if ("const" in schema) return JSON.stringify(schema["const"]);
  const union: unknown = schema["anyOf"];
  if (Array.isArray(union))
    return union
      .map((part: TSchema) => shapeOf(part, indent))
      .join(union.length > 3 ? `\n${indent}| ` : " | ");
  if (schema["type"] === "object") return objectShape(schema, indent);
  if (schema["type"] === "array")
    return schema["maxItems"] === 0 ? "[]" : `[ ${shapeOf(schema["items"] as TSchema, indent)} ]`;
  const bounds = ["minimum", "maximum", "minLength", "maxLength"].flatMap((name) => {
    return name in schema ? [`${name} ${String(schema[name])}`] : [];
  });
  const type = String(schema["type"] ?? "any");
  return bounds.length === 0 ? type : `${type} (${bounds.join(", ")})`;
}

function objectShape(schema: TSchema, indent: string): string {
  const deeper = `${indent}  `;
  const fields = (schema["properties"] ?? {}) as Record<string, TSchema>;
  const required = new Set((schema["required"] ?? []) as string[]);
  const lines = Object.entries(fields).map(([name, field]) => {
    const note: unknown = field["description"];
    const shape = `${deeper}${name}${required.has(name) ? "" : "?"}: ${shapeOf(field, deeper)}`;
    return typeof note === "string" ? `${shape}  // ${note}` : shape;
  });
  const isOpen = schema["additionalProperties"] !== false;
  return ["{", ...lines, ...(isOpen ? [`${deeper}…`] : []), `${indent}}`].join("\n");
}
