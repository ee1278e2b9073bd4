import type {
  AssistantMessage,
  ImageContent,
  TextContent,
  ToolResultMessage,
  UserMessage,
} from "@session-lock/transcript";
import type { ErrorKind } from "../protocol/chat-event.ts";
import type { AgentRunner, AgentToolCall, AgentToolResult } from "../runners/runner.ts";
import { NO_USAGE, type Said } from "../run/said.ts";

/** Text of ours that is no model's output; other programs that read the format know these rows by it. */
const SYNTHETIC = { api: "openai-responses", provider: "openclaw", model: "gateway-injected" } as const;

/** Who stopped a run. */
export type AbortOrigin = "rpc" | "stop" | "interrupt" | "timeout" | "shutdown" | "takeover";

/** What a person said. A message without words is its images alone. */
export function userMessage(
  text: string,
  timestamp: number,
  images: readonly ImageContent[] = [],
): UserMessage {
  const words: TextContent[] = text === "" && images.length > 0 ? [] : [{ type: "text", text }];
  return { role: "user", content: [...words, ...images], timestamp };
}

/** The whole answer of a run. */
export function answerMessage(
  { text, thoughts = [], usage = NO_USAGE }: Said,
  model: AgentRunner["model"],
  timestamp: number,
): AssistantMessage {
  const content = [...thoughts, { type: "text" as const, text }];
  return { role: "assistant", content, usage, ...model, stopReason: "stop", timestamp };
}

/** A model turn that asks for tools, with what it thought and said before. */
export function toolCallMessage(
  { text, thoughts = [], usage = NO_USAGE }: Said,
  calls: readonly AgentToolCall[],
  model: AgentRunner["model"],
  timestamp: number,
): AssistantMessage {
  const said: TextContent[] = text.trim() === "" ? [] : [{ type: "text", text }];
  const asked = calls.map(({ id, name, arguments: args }) => {
    return { type: "toolCall" as const, id, name, arguments: args };
  });
  const body = { content: [...thoughts, ...said, ...asked], usage };
  return { role: "assistant", ...body, ...model, stopReason: "toolUse", timestamp };
}

export function toolResultMessage(
  call: AgentToolCall,
  { text, isError }: AgentToolResult,
  timestamp: number,
): ToolResultMessage {
  const content = [{ type: "text" as const, text }];
  return { role: "toolResult", toolCallId: call.id, toolName: call.name, content, isError, timestamp };
}

/** What a stopped run had said. `stop`, not `aborted`: the person saw it, so the model shall know that it said it. */
export function abortedMessage(
  text: string,
  abort: { readonly origin: AbortOrigin; readonly runId: string },
  timestamp: number,
): AssistantMessage {
  const openclawAbort = { aborted: true, origin: abort.origin, runId: abort.runId } as const;
  return {
    role: "assistant",
    ...assistantBody(text),
    ...SYNTHETIC,
    stopReason: "stop",
    openclawAbort,
    timestamp,
  };
}

/** The row of a failed run. */
interface FailedMessage extends AssistantMessage {
  /** Beside pi's fields, so that an event that is told again after a restart is the same one. */
  readonly errorKind: ErrorKind;
}

/** What a failed run had said, or else what went wrong, so that the failure is still visible after a reload. */
export function failedMessage(
  text: string,
  failure: {
    readonly reason: string;
    readonly errorKind: ErrorKind;
    readonly model: AgentRunner["model"];
  },
  timestamp: number,
): FailedMessage {
  const { reason, errorKind, model } = failure;
  const body = assistantBody(text === "" ? `The run failed: ${reason}` : text);
  const end = { stopReason: "error", errorMessage: reason, errorKind } as const;
  return { role: "assistant", ...body, ...model, ...end, timestamp };
}

/** A note that somebody put into the conversation. */
export function injectedMessage(
  text: string,
  label: string | undefined,
  timestamp: number,
): AssistantMessage {
  const labelled = label === undefined || label === "" ? text : `[${label}]\n\n${text}`;
  return { role: "assistant", ...assistantBody(labelled), ...SYNTHETIC, stopReason: "stop", timestamp };
}

function assistantBody(text: string): Pick<AssistantMessage, "content" | "usage"> {
  return { content: [{ type: "text", text }], usage: NO_USAGE };
}
