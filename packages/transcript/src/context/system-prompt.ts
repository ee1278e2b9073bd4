import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";

/** What the system messages of a branch come to. pi writes them since 1.0: the first one whole, later ones as changes. */
export interface SystemPrompt {
  /** The base prompt, and below it the instructions that were added. */
  readonly content: string;
  /** Named parts that follow the content, in the order they were first given. */
  readonly sections: Readonly<Record<string, string>>;
  /** The tools on offer, by name, as they were stored. */
  readonly tools: Readonly<Record<string, unknown>>;
}

/** Undefined when the branch has no system message. */
export function foldSystemMessages(messages: readonly Fields[]): SystemPrompt | undefined {
  if (messages.length === 0) return undefined;
  const texts: string[] = [];
  const sections = new Map<string, string>();
  const tools = new Map<string, unknown>();
  for (const message of messages) {
    const text = textOf(message["content"]);
    if (text !== "") texts.push(text);
    if (isFields(message["sections"])) foldSections(sections, message["sections"]);
    for (const tool of listOf(message["toolsRemoved"])) tools.delete(nameOf(tool));
    for (const tool of listOf(message["toolsAdded"])) tools.set(nameOf(tool), tool);
  }
  return {
    content: texts.join("\n\n"),
    sections: Object.fromEntries(sections),
    tools: Object.fromEntries(tools),
  };
}

function foldSections(sections: Map<string, string>, changes: Fields): void {
  for (const [name, text] of Object.entries(changes)) {
    if (typeof text === "string") sections.set(name, text);
    else sections.delete(name);
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((block) => (isFields(block) && typeof block["text"] === "string" ? block["text"] : ""))
    .join("");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function nameOf(tool: unknown): string {
  if (typeof tool === "string") return tool;
  return isFields(tool) && typeof tool["name"] === "string" ? tool["name"] : "";
}
