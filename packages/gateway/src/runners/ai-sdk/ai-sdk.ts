import { setMaxListeners } from "node:events";
import type { ProviderProfile } from "@session-lock/transcript";
import type { LanguageModel, ModelMessage } from "ai";
import { GatewayError } from "../../errors.ts";
import type { AgentTool } from "../agent-tool.ts";
import type { AgentEvent, AgentRunner, AgentRunRequest, AgentToolCall, AgentToolResult } from "../runner.ts";
import { toModelMessages } from "./model-messages.ts";
import { AI_PROVIDERS, openModels, type AiProvider, type AiService } from "./open-model.ts";
import { takeStep, type Step } from "./step.ts";

/** How the AI SDK runner answers. */
export interface AiSdkRunnerOptions extends AiService {
  /** The model's name as the provider knows it; a session may be set to another one. */
  readonly model: string;
  /** What the model is told before the conversation. Default: nothing. */
  readonly instructions?: string;
  /** What the model may call. Default: nothing. */
  readonly tools?: readonly AgentTool[];
  /** Model calls in one run, at most. Default: 20. */
  readonly maxSteps?: number;
  /** How often a call is tried again that the provider refused for now (429, 5xx). Default: 2. */
  readonly maxRetries?: number;
}

/** By which provider's rules the conversation is put together, and how its rows are marked. */
const APIS: Readonly<Record<AiProvider, { readonly api: string; readonly profile: ProviderProfile }>> = {
  anthropic: { api: "anthropic-messages", profile: "anthropic" },
  openai: { api: "openai-responses", profile: "openai-responses" },
  google: { api: "google-generative-ai", profile: "google" },
  // Who knows what is behind the address: the rules of all.
  "openai-compatible": { api: "openai-completions", profile: "strict" },
};

/** A runner on the Vercel AI SDK. Throws `INVALID_CONFIG` for an unknown provider, no model, and an address that is none or is missing. */
export function createAiSdkRunner(options: AiSdkRunnerOptions): AgentRunner {
  checkService(options);
  const { provider, model: defaultModel, tools = [] } = options;
  const { api, profile } = APIS[provider];
  let models: Promise<(model: string) => LanguageModel> | undefined;
  return {
    model: { api, provider, model: defaultModel },
    profile,
    tools,
    identify: (model) => ({ api, provider, model }),
    async *run(request) {
      models ??= openModels(options);
      yield* converse((await models)(request.model ?? defaultModel), request, options);
    },
  };
}

/** The words are those of the configuration. Callers without types pass what they like. */
function checkService({
  provider,
  baseUrl,
  model,
}: Partial<Record<keyof AiSdkRunnerOptions, unknown>>): void {
  if (!AI_PROVIDERS.some((known) => known === provider)) {
    const message = `the provider must be ${AI_PROVIDERS.join(", ")}, not ${JSON.stringify(provider)}`;
    throw new GatewayError("INVALID_CONFIG", message);
  }
  if (typeof model !== "string" || model === "") {
    throw new GatewayError("INVALID_CONFIG", `${String(provider)} needs the name of a model`);
  }
  if (provider === "openai-compatible" && baseUrl === undefined) {
    throw new GatewayError("INVALID_CONFIG", "openai-compatible needs the base URL of a service");
  }
  if (baseUrl !== undefined && !(typeof baseUrl === "string" && /^https?:\/\//.test(baseUrl))) {
    const message = `the base URL must begin with http:// or https://, not ${JSON.stringify(baseUrl)}`;
    throw new GatewayError("INVALID_CONFIG", message);
  }
}

async function* converse(
  model: LanguageModel,
  request: AgentRunRequest,
  { tools = [], maxSteps = 20, maxRetries = 2, instructions: own }: AiSdkRunnerOptions,
): AsyncGenerator<AgentEvent> {
  const { signal, thinking, takeSteering } = request;
  const told = [own, request.instructions].filter((part) => part !== undefined);
  const instructions = told.length === 0 ? undefined : told.join("\n\n");
  // Each step and each tool listens, and a run may have many.
  setMaxListeners(0, signal);
  const messages: ModelMessage[] = toModelMessages(request.messages);
  for (let count = 0; count < maxSteps; count += 1) {
    const step: Step = yield* takeStep({
      model,
      messages,
      tools,
      thinking,
      instructions,
      maxRetries,
      signal,
    });
    if (step.calls.length === 0) return;
    yield { type: "tool-calls", calls: step.calls };
    const results: AgentToolResult[] = [];
    for await (const result of inOrderOfEnd(step.calls.map((call) => runTool(call, step, tools, signal)))) {
      results.push(result);
      yield { type: "tool-result", ...result };
    }
    messages.push(...step.messages, ...step.calls.map((call) => resultMessage(call, results)));
    messages.push(...toModelMessages(await takeSteering()));
  }
  throw new Error(`the model used its tools ${maxSteps} times and did not come to an end`);
}

async function runTool(
  call: AgentToolCall,
  { faults }: Step,
  tools: readonly AgentTool[],
  signal: AbortSignal,
): Promise<AgentToolResult> {
  const { id: toolCallId, name, arguments: args } = call;
  const fault = faults.get(toolCallId);
  if (fault !== undefined) return { toolCallId, text: fault, isError: true };
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined) return { toolCallId, text: `there is no tool ${name}`, isError: true };
  try {
    return { toolCallId, text: await tool.run(args, { signal }), isError: false };
  } catch (error) {
    signal.throwIfAborted();
    // The model decides what to make of it.
    return { toolCallId, text: error instanceof Error ? error.message : String(error), isError: true };
  }
}

function resultMessage({ id, name }: AgentToolCall, results: readonly AgentToolResult[]): ModelMessage {
  const { text = "", isError = true } = results.find(({ toolCallId }) => toolCallId === id) ?? {};
  const output = { type: isError ? ("error-text" as const) : ("text" as const), value: text };
  return { role: "tool", content: [{ type: "tool-result", toolCallId: id, toolName: name, output }] };
}

/** Yields what the promises resolve with, the first one that is there first. */
async function* inOrderOfEnd<T>(promises: readonly Promise<T>[]): AsyncGenerator<T> {
  const open = new Map(
    promises.map((promise, index) => [index, promise.then((value) => ({ index, value }))]),
  );
  while (open.size > 0) {
    const { index, value } = await Promise.race(open.values());
    open.delete(index);
    yield value;
  }
}
