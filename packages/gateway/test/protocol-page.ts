import type { TSchema } from "@sinclair/typebox";
import { METHODS, EVENTS } from "../src/methods/registry.ts";
import { AgentStreamEvent } from "../src/protocol/agent-event.ts";
import { ChatEvent, ChatSendResult } from "../src/protocol/chat.ts";
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
  ["`chat.send` answer", ChatSendResult],
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
  return `${[
    "# Protocol",
    "Made from the schemas in `src/protocol/` and the methods in `src/methods/`; `pnpm run docs` writes it anew.",
    "A field with `?` may be left out. `…` stands for further fields, which are ignored.",
    "## Frames and events",
    ...SHAPES.map(([name, schema]) => `### ${name}\n\n\`\`\`text\n${shapeOf(schema)}\n\`\`\``),
    `Events: ${EVENTS.map((name) => `\`${name}\``).join(", ")}.`,
    "## Methods",
    ...methods.map(({ name, summary, scope, params }) => {
      return `### ${name}\n\n${summary} Needs \`${scope}\`.\n\n\`\`\`text\n${shapeOf(params)}\n\`\`\``;
    }),
    "## Limits",
    limitRows().join("\n"),
  ].join("\n\n")}\n`;
}

function limitRows(): string[] {
  return Object.entries(limits).map(([name, value]) => `- \`${name}\`: ${value}`);
}

function shapeOf(schema: TSchema, indent = ""): string {
  if ("const" in schema) return JSON.stringify(schema["const"]);
  const union: unknown = schema["anyOf"];
  if (Array.isArray(union))
    return union
      .map((part: TSchema) => shapeOf(part, indent))
      .join(union.length > 3 ? `\n${indent}| ` : " | ");
  if (schema["type"] === "object") return objectShape(schema, indent);
  if (schema["type"] === "array") return `[ ${shapeOf(schema["items"] as TSchema, indent)} ]`;
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
