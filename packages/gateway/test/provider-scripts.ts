import type { AiProvider } from "../src/index.ts";
import type { ProviderReply } from "./provider-server.ts";

type Events = Extract<ProviderReply, { readonly kind: "stream" }>["events"];

/** How one provider says the same conversation: a thought, "Looking.", a call of `weather`; then "Sunny." */
export interface ProviderScript {
  readonly provider: AiProvider;
  /** The path of its requests, below the base URL. */
  readonly path: RegExp;
  readonly calls: Events;
  readonly answers: Events;
  /** An error as its API words it. */
  refusal(message: string): object;
  /** What it says when the prompt is too long. */
  readonly tooLong: string;
  /** Whether its thinking is on the wire in this API. */
  readonly thought: { readonly thinking: string; readonly thinkingSignature?: string };
  /** Tokens of the first call: input without cache, output, read from the cache. */
  readonly usage: { readonly input: number; readonly output: number; readonly cacheRead: number };
}

const named = (data: { readonly type: string } & Readonly<Record<string, unknown>>) => ({
  event: data.type,
  data,
});

function anthropicStream(blocks: readonly (readonly [object, readonly object[]])[], stop: string): Events {
  const usage = {
    input_tokens: 20,
    cache_read_input_tokens: 7,
    cache_creation_input_tokens: 0,
    output_tokens: 1,
  };
  const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage };
  return [
    named({ type: "message_start", message: { ...message, stop_reason: null, stop_sequence: null } }),
    ...blocks.flatMap(([content_block, deltas], index) => [
      named({ type: "content_block_start", index, content_block }),
      ...deltas.map((delta) => named({ type: "content_block_delta", index, delta })),
      named({ type: "content_block_stop", index }),
    ]),
    named({
      type: "message_delta",
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: 9 },
    }),
    named({ type: "message_stop" }),
  ];
}

const anthropic: ProviderScript = {
  provider: "anthropic",
  path: /^\/v1\/messages$/,
  calls: anthropicStream(
    [
      [
        { type: "thinking", thinking: "", signature: "" },
        [
          { type: "thinking_delta", thinking: "I need the weather." },
          { type: "signature_delta", signature: "c2lnbmVk" },
        ],
      ],
      [{ type: "text", text: "" }, [{ type: "text_delta", text: "Looking." }]],
      [
        { type: "tool_use", id: "toolu_1", name: "weather", input: {} },
        [
          { type: "input_json_delta", partial_json: '{"city":' },
          { type: "input_json_delta", partial_json: '"Rome"}' },
        ],
      ],
    ],
    "tool_use",
  ),
  answers: anthropicStream(
    [[{ type: "text", text: "" }, [{ type: "text_delta", text: "Sunny." }]]],
    "end_turn",
  ),
  refusal: (message) => ({ type: "error", error: { type: "invalid_request_error", message } }),
  tooLong: "prompt is too long: 250000 tokens > 200000 maximum",
  thought: { thinking: "I need the weather.", thinkingSignature: "c2lnbmVk" },
  usage: { input: 20, output: 9, cacheRead: 7 },
};

function responsesStream(items: readonly (readonly [object, Events])[]): Events {
  const response = { id: "resp_1", object: "response", created_at: 1, model: "m", service_tier: null };
  const usage = {
    input_tokens: 27,
    input_tokens_details: { cached_tokens: 7 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 4 },
  };
  return [
    named({ type: "response.created", response }),
    ...items.flatMap(([item, deltas], output_index) => [
      named({ type: "response.output_item.added", output_index, item: { ...item, ...emptied(item) } }),
      ...deltas,
      named({ type: "response.output_item.done", output_index, item }),
    ]),
    named({ type: "response.completed", response: { ...response, incomplete_details: null, usage } }),
  ];
}

/** An item as it is announced, before its text has come. */
function emptied(item: object): object {
  if ("arguments" in item) return { arguments: "" };
  return "summary" in item ? { summary: [] } : { content: [] };
}

const responsesText = (item_id: string, delta: string): Events => [
  named({ type: "response.output_text.delta", item_id, output_index: 1, content_index: 0, delta }),
];
const spoken = (id: string, text: string) => ({
  id,
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
});

const openai: ProviderScript = {
  provider: "openai",
  path: /^\/v1\/responses$/,
  calls: responsesStream([
    [
      {
        id: "rs_1",
        type: "reasoning",
        encrypted_content: "c2VhbGVk",
        summary: [{ type: "summary_text", text: "I need the weather." }],
      },
      [
        named({ type: "response.reasoning_summary_part.added", item_id: "rs_1", summary_index: 0 }),
        named({
          type: "response.reasoning_summary_text.delta",
          item_id: "rs_1",
          summary_index: 0,
          delta: "I need the weather.",
        }),
        named({ type: "response.reasoning_summary_part.done", item_id: "rs_1", summary_index: 0 }),
      ],
    ],
    [spoken("msg_1", "Looking."), responsesText("msg_1", "Looking.")],
    [
      {
        id: "fc_1",
        type: "function_call",
        call_id: "call_1",
        name: "weather",
        arguments: '{"city":"Rome"}',
        status: "completed",
      },
      [
        named({
          type: "response.function_call_arguments.delta",
          item_id: "fc_1",
          output_index: 2,
          delta: '{"city":"Rome"}',
        }),
      ],
    ],
  ]),
  answers: responsesStream([[spoken("msg_2", "Sunny."), responsesText("msg_2", "Sunny.")]]),
  refusal: (message) => ({ error: { message, type: "invalid_request_error", param: null, code: null } }),
  tooLong: "Your input exceeds the context window of this model.",
  thought: { thinking: "I need the weather." },
  usage: { input: 20, output: 9, cacheRead: 7 },
};

function googleStream(parts: readonly object[]): Events {
  const usageMetadata = {
    promptTokenCount: 27,
    cachedContentTokenCount: 7,
    candidatesTokenCount: 9,
    totalTokenCount: 36,
  };
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    const candidate = { index: 0, content: { role: "model", parts: [part] } };
    return {
      data: { candidates: [isLast ? { ...candidate, finishReason: "STOP" } : candidate], usageMetadata },
    };
  });
}

const google: ProviderScript = {
  provider: "google",
  path: /^\/v1\/models\/small:streamGenerateContent\?alt=sse$/,
  calls: googleStream([
    { text: "I need the weather.", thought: true, thoughtSignature: "c2lnbmVk" },
    { text: "Looking." },
    { functionCall: { name: "weather", args: { city: "Rome" } } },
  ]),
  answers: googleStream([{ text: "Sunny." }]),
  refusal: (message) => ({ error: { code: 400, message, status: "INVALID_ARGUMENT" } }),
  tooLong: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  thought: { thinking: "I need the weather.", thinkingSignature: "c2lnbmVk" },
  usage: { input: 20, output: 9, cacheRead: 7 },
};

function chatStream(deltas: readonly object[], finish: string): Events {
  const chunk = (delta: object, finish_reason: string | null) => ({
    data: {
      id: "c1",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason }],
    },
  });
  const usage = {
    prompt_tokens: 27,
    completion_tokens: 9,
    total_tokens: 36,
    prompt_tokens_details: { cached_tokens: 7 },
  };
  return [
    ...deltas.map((delta) => chunk(delta, null)),
    chunk({}, finish),
    { data: { id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [], usage } },
    { data: "[DONE]" },
  ];
}

const compatible: ProviderScript = {
  provider: "openai-compatible",
  path: /^\/v1\/chat\/completions$/,
  calls: chatStream(
    [
      { role: "assistant", reasoning_content: "I need the weather." },
      { content: "Looking." },
      {
        tool_calls: [
          { index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":' } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] },
    ],
    "tool_calls",
  ),
  answers: chatStream([{ role: "assistant", content: "Sunny." }], "stop"),
  refusal: (message) => ({ error: { message, type: "invalid_request_error", param: null, code: null } }),
  tooLong: "This model's maximum context length is 8192 tokens.",
  thought: { thinking: "I need the weather." },
  usage: { input: 20, output: 9, cacheRead: 7 },
};

export const PROVIDER_SCRIPTS: readonly ProviderScript[] = [anthropic, openai, google, compatible];
