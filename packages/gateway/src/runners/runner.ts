import type { AgentMessage } from "@session-lock/transcript";

/** What one run is about. */
export interface AgentRunRequest {
  /** The client's idempotency key; the run's name to the end. */
  readonly runId: string;
  readonly sessionKey: string;
  readonly sessionId: string;
  /** The user's words that started this run. */
  readonly input: string;
  /** Everything a model may be given, the input included as the last user turn. */
  readonly messages: readonly AgentMessage[];
  /** The thinking level the client asked for. */
  readonly thinking: string | undefined;
  /** Aborts when the run is stopped. What is yielded after that is not read. */
  readonly signal: AbortSignal;
}

/** What a runner tells while it works: the next piece of the answer's text. */
export interface AgentEvent {
  readonly type: "text";
  readonly text: string;
}

/**
 * Produces one agent turn. `run` may throw: the run then ends with an `error` event. It holds no lock while it works
 * and never touches the transcript: the gateway writes what it yields.
 */
export interface AgentRunner {
  /** Stored with every answer: which interface, service and model produced it. */
  readonly model: { readonly api: string; readonly provider: string; readonly model: string };
  run(request: AgentRunRequest): AsyncIterable<AgentEvent>;
}
