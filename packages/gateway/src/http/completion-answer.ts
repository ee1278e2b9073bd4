import { textOf } from "../session/message-text.ts";
import { originOf } from "../run/answer-origin.ts";
import type { TerminalEvent } from "../run/run-track.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { openAiError, type OpenAiRefusal } from "./openai-error.ts";
import type { RunReader } from "./run-reader.ts";

/** What every part of one answer carries. */
export interface CompletionFacts {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** Who answers in the session as it is set. */
  readonly usual: AgentRunner["model"];
}

/** The whole answer, or why there is none. */
export function completionOf(
  facts: CompletionFacts,
  terminal: TerminalEvent | undefined,
): { readonly completion: object } | OpenAiRefusal {
  const failure = failureOf(terminal);
  if (failure !== undefined) return failure;
  const message = { role: "assistant", content: textOf(terminal?.message), refusal: null };
  const choice = { index: 0, message, logprobs: null, finish_reason: finishReason(terminal) };
  return {
    completion: {
      ...headOf(facts, terminal),
      object: "chat.completion",
      choices: [choice],
      usage: usageOf(facts, terminal),
    },
  };
}

/** The answer as server-sent events, while it comes. A reader that leaves stops reading and nothing else. */
export async function* completionEvents(
  facts: CompletionFacts,
  reader: RunReader,
  options: { readonly includesUsage: boolean; readonly signal: AbortSignal },
): AsyncGenerator<string, void> {
  const head = { ...headOf(facts, reader.terminal), object: "chat.completion.chunk" };
  const chunk = (delta: object, finish: string | null = null): string => {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
    return eventOf({ ...head, choices: [choice] });
  };
  try {
    yield chunk({ role: "assistant", content: "" });
    for await (const content of reader.pieces(options.signal)) {
      yield content === "" ? ": still at work\n\n" : chunk({ content });
    }
    const failure = failureOf(reader.terminal);
    if (failure !== undefined) {
      yield eventOf(failure.body);
      return;
    }
    yield chunk({}, finishReason(reader.terminal));
    if (options.includesUsage) {
      yield eventOf({ ...head, choices: [], usage: usageOf(facts, reader.terminal) });
    }
    yield "data: [DONE]\n\n";
  } finally {
    reader[Symbol.dispose]();
  }
}

function headOf({ id, created, usual }: CompletionFacts, terminal: TerminalEvent | undefined): object {
  return { id, created, model: originOf(terminal, usual).model };
}

/** What was read from the provider's cache, or put there, was in the prompt too. */
function usageOf({ usual }: CompletionFacts, terminal: TerminalEvent | undefined): object {
  const { output, totalTokens } = originOf(terminal, usual).usage;
  return { prompt_tokens: totalTokens - output, completion_tokens: output, total_tokens: totalTokens };
}

function failureOf(terminal: TerminalEvent | undefined): OpenAiRefusal | undefined {
  if (terminal === undefined) {
    const message = "the gateway is shutting down; the message is kept and will be answered";
    return { status: 503, body: openAiError(message, { type: "server_error", code: "UNAVAILABLE" }) };
  }
  if (terminal.state !== "error") return undefined;
  const facts = { type: "server_error", code: "RUN_FAILED" } as const;
  return { status: 500, body: openAiError(terminal.errorMessage, facts) };
}

/** A stopped run is told as one that was cut off: there is no other word for an answer that is not whole. */
function finishReason(terminal: TerminalEvent | undefined): "stop" | "length" {
  return terminal?.state === "aborted" ? "length" : "stop";
}

function eventOf(payload: object): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
