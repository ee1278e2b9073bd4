import type { LanguageModel, ModelMessage, ToolSet } from "ai";
import { openedBy } from "../../message-text.ts";
import type { AgentTool } from "../agent-tool.ts";
import type { AgentEvent, AgentToolCall } from "../runner.ts";

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh"] as const;

/** What one call of the model is given. */
export interface StepRequest {
  readonly model: LanguageModel;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly AgentTool[];
  readonly thinking: string | undefined;
  readonly instructions: string | undefined;
  readonly signal: AbortSignal;
}

/** What came of it, beside the text that was yielded. */
export interface Step {
  readonly calls: readonly AgentToolCall[];
  /** Why a call cannot be run, by its id. */
  readonly faults: ReadonlyMap<string, string>;
  /** The turn as the model is given it back, signatures of its thinking included. */
  readonly messages: readonly ModelMessage[];
}

/** Calls the model once; yields its text and returns the tools it wants. Throws what the provider refuses it with. */
export async function* takeStep(request: StepRequest): AsyncGenerator<AgentEvent, Step> {
  const { streamText } = await import("ai");
  const { model, messages, thinking, instructions, signal } = request;
  const reasoning = EFFORTS.find((effort) => effort === (thinking === "off" ? "none" : thinking));
  const result = streamText({
    model,
    messages: [...messages],
    tools: await toolSet(request.tools),
    abortSignal: signal,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(instructions === undefined ? {} : { instructions }),
    onError: () => undefined, // the stream has it as well, and is read to its end
  });
  const calls: AgentToolCall[] = [];
  const faults = new Map<string, string>();
  for await (const part of result.stream) {
    if (part.type === "error") throw asError(part.error);
    if (part.type === "text-delta" && part.text !== "") yield { type: "text", text: part.text };
    if (part.type !== "tool-call") continue;
    calls.push({ id: part.toolCallId, name: part.toolName, arguments: openedBy(part.input) });
    if (part.invalid === true) faults.set(part.toolCallId, asError(part.error).message);
  }
  signal.throwIfAborted();
  if (calls.length === 0) return { calls, faults, messages: [] };
  // Results that the SDK makes up for calls it cannot read are left out: the caller answers every call itself.
  const said = (await result.finalStep).response.messages.filter((message) => message.role === "assistant");
  return { calls, faults, messages: said };
}

/** Without `execute`: who runs the tools is the caller, between two steps. */
async function toolSet(tools: readonly AgentTool[]): Promise<ToolSet> {
  const { jsonSchema, tool } = await import("ai");
  return Object.fromEntries(
    tools.map(({ name, description, parameters }) => {
      return [name, tool({ description, inputSchema: jsonSchema(parameters) })];
    }),
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
