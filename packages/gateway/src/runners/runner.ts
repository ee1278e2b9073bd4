import type { AgentMessage, ProviderProfile, UserMessage } from "@session-lock/transcript";
import type { TokenCount } from "../run/said.ts";

/** What one run is about. */
export interface AgentRunRequest {
  /** The client's idempotency key; the run's name to the end. */
  readonly runId: string;
  readonly sessionKey: string;
  readonly sessionId: string;
  /** The user's words that started this run; several messages that became one turn are paragraphs of it. */
  readonly input: string;
  /**
   * Everything a model may be given. It ends with the input, or with what came after it: notes, and the tool results of
   * an earlier attempt that a crash cut short and that this run goes on from.
   */
  readonly messages: readonly AgentMessage[];
  /** What the session itself tells the model before the conversation. */
  readonly instructions: string | undefined;
  /** The thinking level the client or the session asks for. */
  readonly thinking: string | undefined;
  /** The model the session asks for. */
  readonly model: string | undefined;
  /**
   * To be asked after tool results: what the user has said meanwhile for this very run. It is on the branch when the
   * promise resolves, and the run answers it.
   */
  readonly takeSteering: () => Promise<readonly UserMessage[]>;
  /** Aborts when the run is stopped. What is yielded after that is not read. */
  readonly signal: AbortSignal;
}

/** A tool that the model wants to be run. */
export interface AgentToolCall {
  /** Different from every other call of the session. */
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What came of a tool call. */
export interface AgentToolResult {
  readonly toolCallId: string;
  /** What the model is given. */
  readonly text: string;
  readonly isError: boolean;
}

/**
 * What a runner tells while it works.
 *
 * - `text` the next piece of what the assistant says
 * - `thinking` a whole block of what the model thought for the calls or the answer to come; stored, not streamed
 * - `usage` the tokens of the model call whose text and calls these are
 * - `tool-calls` the calls of one model turn, before they are run; the text since the last group belongs to them
 * - `tool-result` the result of one of them, in any order; no text and no other calls until all have theirs
 *
 * The gateway writes a group, its text, calls and results, in one append when the last result is there, so that no
 * reader of the transcript ever finds a call without its result.
 */
export type AgentEvent =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "thinking";
      readonly text: string;
      /** The provider's, without which it does not take the block back. */
      readonly signature?: string;
      /** The text is the provider's cipher. Default: false. */
      readonly redacted?: boolean;
    }
  | ({ readonly type: "usage" } & TokenCount)
  | { readonly type: "tool-calls"; readonly calls: readonly AgentToolCall[] }
  | ({ readonly type: "tool-result" } & AgentToolResult);

/**
 * Produces one agent turn. `run` may throw: the run then ends with an `error` event, of the kind that the error's
 * `errorKind` names (`refusal`, `timeout`, `rate_limit`, `context_length`; else `unknown`). It holds no lock while it works
 * and never touches the transcript: the gateway writes what it yields.
 */
export interface AgentRunner {
  /** Stored with every answer: which interface, service and model produced it. */
  readonly model: { readonly api: string; readonly provider: string; readonly model: string };
  /** Whose rules the conversation has to meet. Default: `"strict"`, which meets all of them. */
  readonly profile?: ProviderProfile;
  /** What is stored in place of `model` for a session that is set to another one. Default: `model`. */
  readonly identify?: (model: string) => AgentRunner["model"];
  /** What its model may call, for clients to see. Default: nothing. */
  readonly tools?: readonly { readonly name: string; readonly description: string }[];
  run(request: AgentRunRequest): AsyncIterable<AgentEvent>;
}
