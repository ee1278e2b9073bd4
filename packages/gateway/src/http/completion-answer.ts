import { textOf } from "../session/message-text.ts";
import type { TerminalEvent } from "../run/run-track.ts";
import { openAiError, type OpenAiRefusal } from "./openai-error.ts";
import type { RunReader } from "./run-reader.ts";

/** What every part of one answer carries. */
export interface CompletionFacts {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/** The whole answer, or why there is none. */
export function completionOf(
  facts: CompletionFacts,
  terminal: TerminalEvent | undefined,
): { readonly completion: object } | OpenAiRefusal {
  const failure = failureOf(terminal);
  if (failure !== undefined) return failure;
  const message = { role: "assistant", content: textOf(terminal?.message), refusal: null };
  const choice = { index: 0, message, logprobs: null, finish_reason: finishReason(terminal) };
  return { completion: { ...facts, object: "chat.completion", choices: [choice], usage: NO_USAGE } };
}

/** The answer as server-sent events, while it comes. A reader that leaves stops reading and nothing else. */
export async function* completionEvents(
  facts: CompletionFacts,
  reader: RunReader,
  options: { readonly includesUsage: boolean; readonly signal: AbortSignal },
): AsyncGenerator<string, void> {
  const chunk = (delta: object, finish: string | null = null): string => {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
    return eventOf({ ...facts, object: "chat.completion.chunk", choices: [choice] });
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
      yield eventOf({ ...facts, object: "chat.completion.chunk", choices: [], usage: NO_USAGE });
    }
    yield "data: [DONE]\n\n";
  } finally {
    reader[Symbol.dispose]();
  }
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
