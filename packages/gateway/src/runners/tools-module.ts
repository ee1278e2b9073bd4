import { pathToFileURL } from "node:url";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { GatewayError } from "../errors.ts";
import { openedBy } from "../session/message-text.ts";
import type { AgentTool } from "./agent-tool.ts";

/** What providers take as a name. */
const NAME = "^[A-Za-z0-9_-]{1,64}$";

const Tool = Type.Object({
  name: Type.String({ pattern: NAME }),
  description: Type.String({ minLength: 1 }),
  parameters: Type.Object({}),
});

/**
 * The tools that an ES module exports as its default: a list. Throws `INVALID_CONFIG` when the module cannot be loaded, or
 * names the tool that is none.
 */
export async function loadTools(path: string): Promise<readonly AgentTool[]> {
  const list = await exportOf(path);
  if (!Array.isArray(list)) throw wrong(path, "its default export must be a list of tools");
  const tools = list.map((tool: unknown, index) => {
    if (isTool(tool)) return tool;
    const problem = Value.Errors(Tool, tool).First();
    const why = problem === undefined ? "/run: Expected function" : `${problem.path}: ${problem.message}`;
    throw wrong(path, `tool ${index + 1}: at ${why}`);
  });
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw wrong(path, `there are two tools with the name ${twice}`);
  return tools;
}

async function exportOf(path: string): Promise<unknown> {
  try {
    return openedBy(await import(pathToFileURL(path).href))["default"];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw wrong(path, `it cannot be loaded: ${why}`, error);
  }
}

function isTool(value: unknown): value is AgentTool {
  return Value.Check(Tool, value) && "run" in value && typeof value.run === "function";
}

function wrong(path: string, problem: string, cause?: unknown): GatewayError {
  return new GatewayError("INVALID_CONFIG", `the tools ${path}: ${problem}`, { cause });
}
