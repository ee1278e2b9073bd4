import type { AgentMessage, Transcript } from "@session-lock/transcript";
import type { AcceptedInput } from "./inputs.ts";
import type { LaneJob } from "./lane.ts";
import type { AbortOrigin } from "./messages.ts";
import { outcomeItem, type Outcome } from "./outcome.ts";
import { partialMessage, RunEvents, type ChatNews, type RunAudience } from "./run-events.ts";
import type { AgentRunner } from "./runners/runner.ts";
import { Turn } from "./turn.ts";

const MAX_ERROR_LENGTH = 1_000;

/** What a run needs from the session it belongs to. */
export interface RunHost extends RunAudience {
  readonly transcript: Transcript;
  readonly runner: AgentRunner;
  /** Called with what no client can be told, for the log. */
  failed(run: Run, error: unknown): void;
  /** Called once, after the terminal event. */
  ended(run: Run): void;
}

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
  readonly #events: RunEvents;
  readonly #turn: Turn;
  #state: "queued" | "running" | "ending" | "ended" = "queued";
  #abortOrigin: AbortOrigin = "rpc";
  #settled: Promise<void> = Promise.resolve();

  constructor(input: AcceptedInput, host: RunHost) {
    this.input = input;
    this.#host = host;
    this.#events = new RunEvents(input.runId, host);
    const { sessionKey, transcript, runner } = host;
    this.#turn = new Turn(input, { sessionKey, transcript, runner, events: this.#events });
  }

  get runId(): string {
    return this.input.runId;
  }

  /** Whether the user's words are on the branch by now. */
  get heard(): boolean {
    return this.#turn.heard;
  }

  /** Resolves when a turn that has started, or an abort, is on disk and told. Never rejects. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  start(): Promise<void> {
    if (this.#state !== "queued") return this.#settled;
    this.#state = "running";
    this.#settled = this.#takeTurn().then((outcome) => this.#end(outcome));
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

  async #takeTurn(): Promise<Outcome> {
    const { timeoutMs } = this.input;
    const { signal } = this.#controller;
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => this.abort("timeout"), timeoutMs).unref();
    this.#events.started();
    try {
      await this.#turn.take(signal);
      return { kind: "final", text: this.#turn.text };
    } catch (error) {
      if (signal.aborted) return { kind: "aborted", text: this.#turn.text, origin: this.#abortOrigin };
      this.#host.failed(this, error);
      return { kind: "error", text: this.#turn.text, reason: describe(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #end(outcome: Outcome): Promise<void> {
    this.#state = "ending";
    try {
      const message = await this.#record(outcome);
      this.#events.ended(terminalNews(outcome, message));
    } catch (error) {
      this.#host.failed(this, error);
      const errorMessage = `the answer could not be stored: ${describe(error)}`;
      const message = outcome.text === "" ? {} : { message: partialMessage(outcome.text) };
      this.#events.ended({ state: "error", errorKind: "unknown", errorMessage, ...message });
    }
    this.#state = "ended";
    this.#host.ended(this);
  }

  /** Writes the outcome down, with the tool calls that it left open, in one append. */
  async #record(outcome: Outcome): Promise<AgentMessage | undefined> {
    const { transcript, runner } = this.#host;
    const items = [...this.#turn.openRows(), outcomeItem(this.runId, outcome, runner.model)];
    const entry = (await transcript.appendMany(items, { purpose: `run ${outcome.kind}` })).at(-1)?.entry;
    return entry?.type === "message" ? entry.message : undefined;
  }
}

function terminalNews(
  outcome: Outcome,
  stored: AgentMessage | undefined,
): Exclude<ChatNews, { readonly state: "delta" }> {
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

/** What a client may read of a failure: a code where there is one (messages of ours name files), else the message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.message.slice(0, MAX_ERROR_LENGTH);
}
