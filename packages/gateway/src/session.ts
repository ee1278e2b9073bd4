import type { SessionRecord, Transcript } from "@session-lock/transcript";
import { openTranscript } from "@session-lock/transcript";
import type { Logger } from "pino";
import { Acceptance } from "./acceptance.ts";
import { GatewayError } from "./errors.ts";
import type { Hub } from "./hub.ts";
import type { AcceptedInput } from "./inputs.ts";
import { Lane } from "./lane.ts";
import { withoutImageData } from "./image-summary.ts";
import { injectedMessage, userMessage, type AbortOrigin } from "./messages.ts";
import type { AgentStreamEvent } from "./protocol/agent-event.ts";
import type { ChatEvent, ChatSendResult } from "./protocol/chat.ts";
import { toQueueMode, type QueueMode } from "./queue-mode.ts";
import type { RunBoard, TerminalEvent } from "./run-board.ts";
import { Run, type RunHost } from "./run.ts";
import type { AgentRunner } from "./runners/runner.ts";
import { readOutcome } from "./stored-outcome.ts";
import { readSettings, type SessionSettings } from "./session-settings.ts";

/** Inputs that may wait in one session. */
const MAX_WAITING_INPUTS = 100;

/** What sessions share. */
export interface SessionSetup {
  readonly agentId: string;
  readonly runner: AgentRunner;
  readonly hub: Hub;
  readonly board: RunBoard;
  readonly log: Logger;
}

/** An acknowledged input whose run has not begun, as `chat.history` shows it. */
export interface PendingInput {
  readonly id: string;
  readonly runId: string;
  readonly message: object;
  readonly acceptedAt: number;
  readonly state: "queued";
}

/** One conversation that is open here: its transcript, its inputs and its lane. */
export class Session implements RunHost {
  readonly sessionKey: string;
  readonly transcript: Transcript;
  readonly agentId: string;
  readonly runner: AgentRunner;
  readonly #setup: SessionSetup;
  readonly #acceptance: Acceptance;
  readonly #lane = new Lane<Run>((run) => this.#collect(run));
  readonly #runs = new Set<Run>();
  #settings: SessionSettings;
  #retired = false;

  private constructor(record: SessionRecord, transcript: Transcript, setup: SessionSetup) {
    this.sessionKey = record.sessionKey;
    this.#settings = readSettings(record);
    this.#acceptance = new Acceptance(transcript, (input) => this.#enqueue(input));
    this.transcript = transcript;
    this.agentId = setup.agentId;
    this.runner = setup.runner;
    this.#setup = setup;
  }

  /** Opens a session and runs the inputs that an earlier process acknowledged and did not end. Close it after use. */
  static async open(record: SessionRecord, setup: SessionSetup): Promise<Session> {
    const { sessionId, sessionFile } = record;
    const transcript = await openTranscript(sessionFile, {
      create: { sessionId },
      expectedSessionId: sessionId,
    });
    const session = new Session(record, transcript, setup);
    await session.#acceptance.restore();
    return session;
  }

  get settings(): SessionSettings {
    return this.#settings;
  }

  /** From now on the session is set as its record says. */
  set(record: SessionRecord): void {
    this.#settings = readSettings(record);
  }

  /** Whether something still happens here. */
  get busy(): boolean {
    return this.#runs.size > 0;
  }

  get activeRunId(): string | undefined {
    return this.#lane.active?.runId;
  }

  /** Whether a run of that id waits or works here. */
  hasRun(runId: string): boolean {
    return this.#acceptance.entryIdOf(runId) !== undefined;
  }

  get queueLength(): number {
    return this.#lane.waiting.length;
  }

  /**
   * Makes an input durable and puts its run into the lane, in the mode it asks for or the session is set to. The same
   * run id again gets the same answer and no run. Throws `UNAVAILABLE` with the details `LANE_BUSY` or `QUEUE_FULL`.
   */
  async accept(input: AcceptedInput): Promise<ChatSendResult> {
    const mode = toQueueMode(input.queueMode) ?? this.#settings.queueMode;
    return this.#acceptance.accept({ ...input, queueMode: mode }, () => this.#admit(mode));
  }

  /** How a run of this session ended, also in an earlier process. */
  async outcome(runId: string): Promise<TerminalEvent | undefined> {
    const { sessionKey, agentId } = this;
    const known = this.#setup.board.terminal(runId);
    return known ?? readOutcome(await this.transcript.entries(), { runId, sessionKey, agentId });
  }

  /** Stops one run, or the waiting and the active ones; returns the ids of those that it stopped. */
  abort(runId: string | undefined, origin: AbortOrigin): string[] {
    const runs = [...this.#lane.waiting, ...(this.#lane.active?.company ?? [])];
    const chosen = runId === undefined ? runs : runs.filter((run) => run.runId === runId);
    for (const run of chosen) this.#lane.remove(run);
    return chosen.filter((run) => run.abort(origin)).map((run) => run.runId);
  }

  /** Appends a note; it is durable and on the active branch when this resolves, also while a run streams. */
  async inject(text: string, label: string | undefined): Promise<string> {
    this.#refuseRetired();
    const message = injectedMessage(text, label, Date.now());
    const { entry } = await this.transcript.append(message, { purpose: "inject" });
    const { agentId, sessionKey } = this;
    const event: ChatEvent = {
      runId: `inject-${entry.id}`,
      sessionKey,
      agentId,
      seq: 0,
      state: "final",
      message,
    };
    this.#setup.hub.publish("chat", event, "certain");
    return entry.id;
  }

  /** The acknowledged inputs that are not on the branch yet, the next one first. */
  pendingInputs(): PendingInput[] {
    const { active, waiting } = this.#lane;
    const unheard = (active?.company ?? []).filter((run) => !run.heard);
    return [...unheard, ...waiting].flatMap((run) => {
      const id = this.#acceptance.entryIdOf(run.runId);
      if (id === undefined) return [];
      const { message, acceptedAt, images } = run.input;
      const shown = withoutImageData(userMessage(message, acceptedAt, images));
      const row = { id, runId: run.runId, message: shown, acceptedAt };
      return [{ ...row, state: "queued" }];
    });
  }

  publish(event: ChatEvent): void {
    const delivery = event.state === "delta" ? "droppable" : "certain";
    this.#setup.board.told(event);
    this.#setup.hub.publish("chat", event, delivery);
  }

  publishAgent(event: AgentStreamEvent): void {
    if (event.stream === "tool") this.#setup.hub.publishTo("tool-events", "agent", event);
    else this.#setup.hub.publish("agent", event, event.stream === "lifecycle" ? "certain" : "droppable");
  }

  failed(run: Run, error: unknown): void {
    this.#setup.log.error(
      { err: error, runId: run.runId, sessionId: this.transcript.sessionId },
      "run failed",
    );
  }

  ended(run: Run): void {
    this.#acceptance.ended(run.runId);
    this.#runs.delete(run);
  }

  steering(): readonly Run[] {
    const runs = this.#lane.waiting.filter((run) => run.queueMode === "steer");
    for (const run of runs) this.#lane.remove(run);
    return runs;
  }

  /** Starts no further run; those that wait stay on disk for the next start. Resolves when nothing is being written. */
  async stop(): Promise<void> {
    const ending = [...this.#runs].map((run) => run.settled);
    await Promise.all([this.#lane.stop(), ...ending]);
  }

  /** Takes nothing in any more, stops what runs and waits, and resolves when all of it has ended. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#acceptance.settled;
    this.abort(undefined, "rpc");
    await this.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.transcript.close();
  }

  #refuseRetired(): void {
    if (!this.#retired) return;
    throw new GatewayError("UNAVAILABLE", "the session is being replaced", { retryable: true });
  }

  #admit(mode: QueueMode): void {
    this.#refuseRetired();
    const waiting = this.#lane.waiting.length + this.#acceptance.accepting;
    const { activeRunId } = this;
    if (mode === "reject" && (activeRunId !== undefined || waiting > 0)) {
      const details = { code: "LANE_BUSY", activeRunId, waiting };
      throw new GatewayError("UNAVAILABLE", "a run of this session is active", { details, retryable: true });
    }
    if (waiting >= MAX_WAITING_INPUTS) {
      const details = { code: "QUEUE_FULL", limit: MAX_WAITING_INPUTS };
      throw new GatewayError("UNAVAILABLE", "too many messages wait in this session", {
        details,
        retryable: true,
      });
    }
  }

  #enqueue(input: AcceptedInput): void {
    const run = new Run(input, this);
    if (run.queueMode === "interrupt") this.abort(undefined, "interrupt");
    this.#runs.add(run);
    this.#lane.push(run);
  }

  /** What waits right behind a collecting run, and collects as well, becomes one turn with it. */
  #collect(run: Run): void {
    for (const next of [...this.#lane.waiting]) {
      if (run.queueMode !== "collect" || next.queueMode !== "collect") return;
      this.#lane.remove(next);
      run.join(next);
    }
  }
}
