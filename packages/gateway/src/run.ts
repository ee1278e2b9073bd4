import type { AgentMessage, Appended, Transcript } from "@session-lock/transcript";
import { untilAborted } from "./abortable.ts";
import { DeltaStream } from "./delta-stream.ts";
import { RUN_END_ENTRY, runKeys, type AcceptedInput } from "./inputs.ts";
import type { LaneJob } from "./lane.ts";
import { abortedMessage, answerMessage, failedMessage, userMessage, type AbortOrigin } from "./messages.ts";
import type { ChatEvent } from "./protocol/chat.ts";
import type { AgentRunner } from "./runners/runner.ts";

const MAX_ERROR_LENGTH = 1_000;

/** What a run needs from the session it belongs to. */
export interface RunHost {
  readonly sessionKey: string;
  readonly agentId: string;
  readonly transcript: Transcript;
  readonly runner: AgentRunner;
  /** Sends an event of the run to everybody who reads along. */
  publish(event: ChatEvent): void;
  /** Called with what no client can be told, for the log. */
  failed(run: Run, error: unknown): void;
  /** Called once, after the terminal event. */
  ended(run: Run): void;
}

/** How a run ended, before it is written down. */
type Outcome =
  | { readonly kind: "final"; readonly text: string }
  | { readonly kind: "aborted"; readonly text: string; readonly origin: AbortOrigin }
  | { readonly kind: "error"; readonly text: string; readonly reason: string };

/** What an event tells beside the run's name and place. */
type ChatNews = ChatEvent extends infer E
  ? E extends unknown
    ? Omit<E, "runId" | "sessionKey" | "agentId" | "seq">
    : never
  : never;

/**
 * One agent turn, from the acknowledged input to its one terminal event.
 *
 * - `queued` it waits in the lane; an abort ends it without a turn
 * - `running` the runner works; an abort keeps what it has said
 * - `ending` the outcome is decided and being written; an abort comes too late
 * - `ended` the terminal event has been sent
 */
export class Run implements LaneJob {
  readonly input: AcceptedInput;
  readonly #host: RunHost;
  readonly #controller = new AbortController();
  #state: "queued" | "running" | "ending" | "ended" = "queued";
  #abortOrigin: AbortOrigin = "rpc";
  #settled: Promise<void> = Promise.resolve();
  #seq = 0;

  constructor(input: AcceptedInput, host: RunHost) {
    this.input = input;
    this.#host = host;
  }

  get runId(): string {
    return this.input.runId;
  }

  /** Resolves when a turn that has started, or an abort, is on disk and told. Never rejects. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  start(): Promise<void> {
    if (this.#state !== "queued") return this.#settled;
    this.#state = "running";
    this.#settled = this.#turn().then((outcome) => this.#end(outcome));
    return this.#settled;
  }

  /** Stops the run; false when its outcome is decided already. */
  abort(origin: AbortOrigin): boolean {
    if (this.#state === "queued") {
      this.#settled = this.#end({ kind: "aborted", text: "", origin });
      return true;
    }
    if (this.#state !== "running") return false;
    if (!this.#controller.signal.aborted) this.#abortOrigin = origin;
    this.#controller.abort(new Error(`run stopped: ${origin}`));
    return true;
  }

  async #turn(): Promise<Outcome> {
    const { input } = this;
    const { transcript, runner, sessionKey } = this.#host;
    const { signal } = this.#controller;
    const stream = new DeltaStream((deltaText, text) => {
      this.#publish({ state: "delta", deltaText, message: partialMessage(text) });
    });
    const timer =
      input.timeoutMs === undefined
        ? undefined
        : setTimeout(() => this.abort("timeout"), input.timeoutMs).unref();
    try {
      const said = userMessage(input.message, input.acceptedAt);
      await transcript.append(said, { idempotencyKey: runKeys.user(this.runId), purpose: "run input" });
      const { messages } = await transcript.context();
      const request = {
        runId: this.runId,
        sessionKey,
        sessionId: transcript.sessionId,
        input: input.message,
        messages,
        thinking: input.thinking,
        signal,
      };
      for await (const event of untilAborted(runner.run(request), signal)) stream.push(event.text);
      return { kind: "final", text: stream.text };
    } catch (error) {
      if (signal.aborted) return { kind: "aborted", text: stream.text, origin: this.#abortOrigin };
      this.#host.failed(this, error);
      return { kind: "error", text: stream.text, reason: describe(error) };
    } finally {
      clearTimeout(timer);
      stream.end();
    }
  }

  async #end(outcome: Outcome): Promise<void> {
    this.#state = "ending";
    try {
      const message = await this.#record(outcome);
      this.#publish(terminalNews(outcome, message));
    } catch (error) {
      this.#host.failed(this, error);
      const errorMessage = `the answer could not be stored: ${describe(error)}`;
      const message = outcome.text === "" ? {} : { message: partialMessage(outcome.text) };
      this.#publish({ state: "error", errorKind: "unknown", errorMessage, ...message });
    }
    this.#state = "ended";
    this.#host.ended(this);
  }

  /** Writes the outcome down in one append; its key makes it the run's only one, whoever else tries. */
  async #record(outcome: Outcome): Promise<AgentMessage | undefined> {
    const { transcript } = this.#host;
    const message = this.#outcomeMessage(outcome);
    const purpose = `run ${outcome.kind}`;
    if (message === undefined) {
      const data = { runId: this.runId, state: outcome.kind };
      await transcript.appendCustom(RUN_END_ENTRY, data, {
        idempotencyKey: runKeys.end(this.runId),
        purpose,
      });
      return undefined;
    }
    const idempotencyKey = runKeys.assistant(this.runId);
    return messageOf(await transcript.append(message, { idempotencyKey, purpose }));
  }

  #outcomeMessage(outcome: Outcome): AgentMessage | undefined {
    const { model } = this.#host.runner;
    const now = Date.now();
    if (outcome.kind === "error") return failedMessage(outcome.text, { reason: outcome.reason, model }, now);
    if (outcome.text.trim() === "") return undefined;
    if (outcome.kind === "final") return answerMessage(outcome.text, model, now);
    return abortedMessage(outcome.text, { origin: outcome.origin, runId: this.runId }, now);
  }

  #publish(news: ChatNews): void {
    const { sessionKey, agentId } = this.#host;
    this.#host.publish({ runId: this.runId, sessionKey, agentId, seq: this.#seq++, ...news });
  }
}

function terminalNews(outcome: Outcome, stored: AgentMessage | undefined): ChatNews {
  const message = stored === undefined ? {} : { message: stored };
  switch (outcome.kind) {
    case "final":
      return { state: "final", stopReason: "stop", ...message };
    case "aborted":
      return { state: "aborted", stopReason: outcome.origin, ...message };
    case "error":
      return { state: "error", errorKind: "unknown", errorMessage: outcome.reason, ...message };
  }
}

function partialMessage(text: string): object {
  return { role: "assistant", content: [{ type: "text", text }], timestamp: Date.now() };
}

function messageOf({ entry }: Appended): AgentMessage | undefined {
  return entry.type === "message" ? entry.message : undefined;
}

/** What a client may read of a failure: a code where there is one (messages of ours name files), else the message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.message.slice(0, MAX_ERROR_LENGTH);
}
