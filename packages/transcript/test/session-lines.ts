import { writeFileSync } from "node:fs";
import { tempSession } from "./temp-session.ts";

/** An entry as a test writes it, which may be anything. */
export type Loose = Readonly<Record<string, unknown>>;

export const START = Date.parse("2026-01-02T03:04:05.000Z");

export function isoAt(second: number): string {
  return new Date(START + second * 1_000).toISOString();
}

export function header(fields: Loose = {}): Loose {
  return { type: "session", version: 3, id: "11111111-2222", timestamp: isoAt(0), cwd: "/w", ...fields };
}

/** Entries in a row, each below the one before, unless it says otherwise itself. */
export function chain(...parts: readonly Loose[]): Loose[] {
  return parts.map((part, at) => ({
    type: part["type"],
    id: `e${at + 1}`,
    parentId: at === 0 ? null : `e${at}`,
    timestamp: isoAt(at + 1),
    ...part,
  }));
}

/** A chain of messages. */
export function chat(...messages: readonly Loose[]): Loose[] {
  return chain(...messages.map((message) => ({ type: "message", message })));
}

export function user(text = "hello", fields: Loose = {}): Loose {
  return { role: "user", content: text, timestamp: START, ...fields };
}

export function assistant(text = "hi", fields: Loose = {}): Loose {
  return {
    role: "assistant",
    content: [{ type: "text", text }],
    api: "anthropic-messages",
    provider: "anthropic",
    model: "m1",
    usage: {
      input: 1,
      output: 1,
      cacheRead: 0,
      cacheWrite: 0,
      totalTokens: 2,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
    },
    stopReason: "stop",
    timestamp: START,
    ...fields,
  };
}

export function call(id: string, fields: Loose = {}): Loose {
  return { type: "toolCall", id, name: "read", arguments: { path: "/a" }, ...fields };
}

/** An assistant message with calls of these ids. */
export function calling(...ids: readonly string[]): Loose {
  return assistant("", { content: ids.map((id) => call(id)), stopReason: "toolUse" });
}

export function result(toolCallId: string, text = "ok", fields: Loose = {}): Loose {
  return {
    role: "toolResult",
    toolCallId,
    toolName: "read",
    content: [{ type: "text", text }],
    isError: false,
    timestamp: START,
    ...fields,
  };
}

/** What a session file of these entries holds. */
export function linesOf(entries: readonly unknown[]): string {
  return [header(), ...entries].map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

/** Writes a session file for the running test. */
export function sessionFile(content: string | Buffer): string {
  const file = tempSession();
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}
