import type { LanguageModel, LanguageModelUsage, ModelMessage, ToolSet } from "ai";
import { GatewayError } from "../../errors.ts";
import { openedBy } from "../../session/message-text.ts";
import type { AgentTool } from "../agent-tool.ts";
import type { AgentEvent, AgentToolCall } from "../runner.ts";
import { providerError } from "./provider-error.ts";
import { Thoughts } from "./thoughts.ts";

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh"] as const;

/** What one call of the model is given. */
export interface StepRequest {
  readonly model: LanguageModel;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly AgentTool[];
  readonly thinking: string | undefined;
  readonly instructions: string | undefined;
  readonly maxRetries: number;
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
  const { model, messages, thinking, instructions, maxRetries, signal } = request;
  const reasoning = EFFORTS.find((effort) => effort === (thinking === "off" ? "none" : thinking));
  const result = streamText({
    model,
    messages: [...messages],
    tools: await toolSet(request.tools),
    abortSignal: signal,
    maxRetries,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(instructions === undefined ? {} : { instructions }),
    onError: () => undefined, // the stream has it as well, and is read to its end
  });
  const calls: AgentToolCall[] = [];
  const faults = new Map<string, string>();
  const thoughts = new Thoughts();
  for await (const part of result.stream) {
    switch (part.type) {
      case "error":
        throw signal.aborted ? signal.reason : providerError(part.error);
      case "text-delta":
        if (part.text !== "") yield { type: "text", text: part.text };
        break;
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end": {
        const thought = thoughts.take(part);
        if (thought !== undefined) yield thought;
        break;
      }
      case "tool-call":
        calls.push({ id: part.toolCallId, name: part.toolName, arguments: openedBy(part.input) });
        if (part.invalid === true) faults.set(part.toolCallId, messageOf(part.error));
        break;
      case "finish-step":
        yield countOf(part.usage);
        if (part.finishReason === "content-filter") throw refusal();
        break;
      default: // begins, ends and raw parts tell nothing that is stored
    }
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

function countOf({ inputTokens = 0, outputTokens = 0, inputTokenDetails }: LanguageModelUsage): AgentEvent {
  const { cacheReadTokens: cacheRead = 0, cacheWriteTokens: cacheWrite = 0 } = inputTokenDetails;
  const input = Math.max(0, inputTokens - cacheRead - cacheWrite);
  return { type: "usage", input, output: outputTokens, cacheRead, cacheWrite };
}

function refusal(): GatewayError {
  return new GatewayError("UNAVAILABLE", "the provider's content filter ended the answer", {
    errorKind: "refusal",
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
