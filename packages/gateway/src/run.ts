import type { AgentMessage, AppendItem, Transcript, UserMessage } from "@session-lock/transcript";
import { runKeys, type AcceptedInput } from "./inputs.ts";
import type { LaneJob } from "./lane.ts";
import { userMessage, type AbortOrigin } from "./messages.ts";
import { joinedItem, outcomeItem, type Outcome } from "./outcome.ts";
import { toQueueMode, type QueueMode } from "./queue-mode.ts";
import { partialMessage, RunEvents, type RunAudience, type TerminalNews } from "./run-events.ts";
import type { AgentRunner } from "./runners/runner.ts";
import type { SessionSettings } from "./session-settings.ts";
import { Turn } from "./turn.ts";

const MAX_ERROR_LENGTH = 1_000;

/** What a run needs from the session it belongs to. */
export interface RunHost extends RunAudience {
  readonly transcript: Transcript;
  readonly runner: AgentRunner;
  readonly settings: SessionSettings;
  /** Takes the runs out of the lane that wait to steer this one. */
  steering(): readonly Run[];
  /** Called with what no client can be told, for the log. */
  failed(run: Run, error: unknown): void;
  /** Called once, after the terminal event. */
  ended(run: Run): void;
}

/**
 * One agent turn, from the acknowledged input to its one terminal event.
 *
 * - `queued` it waits in the lane; an abort ends it without a turn
 * - `joined` another run answers its input as well, and the two end together
 * - `running` the runner works; an abort keeps what it has said
 * - `ending` the outcome is decided and being written; an abort comes too late
 * - `ended` the terminal event has been sent
 */
export class Run implements LaneJob {
  readonly input: AcceptedInput;
  readonly queueMode: QueueMode;
  readonly #host: RunHost;
  readonly #controller = new AbortController();
  readonly #events: RunEvents;
  readonly #turn: Turn;
  /** As they were when the input was accepted. */
  readonly #settings: SessionSettings;
  readonly #model: AgentRunner["model"];
  readonly #joined: Run[] = [];
  #leader: Run | undefined;
  #state: "queued" | "joined" | "running" | "ending" | "ended" = "queued";
  #heard = false;
  #abortOrigin: AbortOrigin = "rpc";
  #settled: Promise<void> = Promise.resolve();

  constructor(input: AcceptedInput, host: RunHost) {
    this.input = input;
    this.queueMode = toQueueMode(input.queueMode) ?? "followup";
    this.#host = host;
    this.#events = new RunEvents(input.runId, host);
    const { sessionKey, transcript, runner } = host;
    const steer = (): Promise<readonly UserMessage[]> => this.#steer();
    this.#settings = host.settings;
    const { model } = this.#settings;
    this.#model = (model === undefined ? undefined : runner.identify?.(model)) ?? runner.model;
    const about = { sessionKey, transcript, runner, model: this.#model };
    this.#turn = new Turn(input.runId, { ...about, events: this.#events, steer });
  }

  get runId(): string {
    return this.input.runId;
  }

  /** Whether the user's words are on the branch by now. */
  get heard(): boolean {
    return this.#heard;
  }

  /** This run and those that end with it. */
  get company(): readonly Run[] {
    return [this, ...this.#joined];
  }

  /** Resolves when a turn that has started, or an abort, is on disk and told. Never rejects. */
  get settled(): Promise<void> {
    return this.#leader?.settled ?? this.#settled;
  }

  /** Has this run answer the input of one that waits as well. */
  join(other: Run): void {
    other.#state = "joined";
    other.#leader = this;
    this.#joined.push(other);
  }

  start(): Promise<void> {
    if (this.#state !== "queued") return this.settled;
    this.#state = "running";
    this.#settled = this.#takeTurn().then((outcome) => this.#end(outcome));
    return this.#settled;
  }

  /** Stops the run, and with it those that it joined or was joined to; false when its outcome is decided already. */
  abort(origin: AbortOrigin): boolean {
    if (this.#leader !== undefined) return this.#leader.abort(origin);
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
    const { timeoutMs, thinking = this.#settings.thinking } = this.input;
    const { model } = this.#settings;
    const { signal } = this.#controller;
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => this.abort("timeout"), timeoutMs).unref();
    this.#events.started();
    try {
      await this.#hear(this.company);
      const input = this.company.map((run) => run.input.message).join("\n\n");
      await this.#turn.take({ runId: this.runId, input, thinking, model }, signal);
      return { kind: "final", text: this.#turn.text };
    } catch (error) {
      if (signal.aborted) return { kind: "aborted", text: this.#turn.text, origin: this.#abortOrigin };
      this.#host.failed(this, error);
      return { kind: "error", text: this.#turn.text, reason: describe(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Puts the words of these runs on the branch. */
  async #hear(runs: readonly Run[]): Promise<readonly UserMessage[]> {
    const messages = runs.map(({ input }) => userMessage(input.message, input.acceptedAt, input.images));
    const items = messages.map((message, index): AppendItem => {
      return { message, idempotencyKey: runKeys.user(runs[index]?.runId ?? "") };
    });
    await this.#host.transcript.appendMany(items, { purpose: "run input" });
    for (const run of runs) run.#heard = true;
    return messages;
  }

  async #steer(): Promise<readonly UserMessage[]> {
    const runs = this.#state === "running" ? this.#host.steering() : [];
    if (runs.length === 0) return [];
    for (const run of runs) this.join(run);
    return this.#hear(runs);
  }

  async #end(outcome: Outcome): Promise<void> {
    this.#state = "ending";
    const news = await this.#record(outcome).then(
      (message) => terminalNews(outcome, message),
      (error: unknown) => this.#unrecorded(outcome, error),
    );
    for (const run of this.company) {
      run.#events.ended(news);
      run.#state = "ended";
      this.#host.ended(run);
    }
  }

  /** Writes the outcome down in one append: for the runs that joined, with the tool calls that were left open. */
  async #record(outcome: Outcome): Promise<AgentMessage | undefined> {
    const { transcript } = this.#host;
    const joined = this.#joined.map((run) => joinedItem(run.runId, this.runId, outcome));
    const items = [...this.#turn.openRows(), ...joined, outcomeItem(this.runId, outcome, this.#model)];
    const entry = (await transcript.appendMany(items, { purpose: `run ${outcome.kind}` })).at(-1)?.entry;
    return entry?.type === "message" ? entry.message : undefined;
  }

  #unrecorded(outcome: Outcome, error: unknown): TerminalNews {
    this.#host.failed(this, error);
    const errorMessage = `the answer could not be stored: ${describe(error)}`;
    const message = outcome.text === "" ? {} : { message: partialMessage(outcome.text) };
    return { state: "error", errorKind: "unknown", errorMessage, ...message };
  }
}

function terminalNews(outcome: Outcome, stored: AgentMessage | undefined): TerminalNews {
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
