import type { SessionRecord, Transcript } from "@session-lock/transcript";
import { openTranscript } from "@session-lock/transcript";
import { Acceptance, type InputPlace } from "./acceptance.ts";
import { beingReplaced } from "../lane/admission.ts";
import type { ExpectedLeaf } from "./expected-leaf.ts";
import type { AcceptedInput } from "./inputs.ts";
import type { LaneHolder } from "../lane/lane-leases.ts";
import { injectedMessage, type AbortOrigin } from "./messages.ts";
import type { AgentStreamEvent } from "../protocol/agent-event.ts";
import type { ChatEvent } from "../protocol/chat-event.ts";
import type { Acknowledgement } from "../protocol/chat.ts";
import { toQueueMode } from "../lane/queue-mode.ts";
import type { SessionBoard } from "../run/run-board.ts";
import type { RunHost } from "../run/run-host.ts";
import { RunQueue } from "../lane/run-queue.ts";
import type { TerminalEvent } from "../run/run-track.ts";
import { Run } from "../run/run.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { tellOfProblem } from "./session-news.ts";
import type { SessionSetup } from "./session-setup.ts";
import { readOutcome } from "../run/stored-outcome.ts";
import { readSettings, refuseDenied, type SessionSettings } from "./session-settings.ts";

/** One conversation that is open here: its transcript, its inputs and its lane. */
export class Session implements RunHost {
  readonly sessionKey: string;
  readonly transcript: Transcript;
  readonly agentId: string;
  readonly runner: AgentRunner;
  /** What its runs have told. */
  readonly board: SessionBoard;
  readonly #setup: SessionSetup;
  readonly #acceptance: Acceptance;
  readonly #queue: RunQueue;
  readonly #runs = new Set<Run>();
  readonly #closing = new AbortController();
  readonly closing: AbortSignal = this.#closing.signal;
  #settings: SessionSettings;
  #retired = false;

  private constructor(record: SessionRecord, transcript: Transcript, setup: SessionSetup) {
    this.sessionKey = record.sessionKey;
    this.#settings = readSettings(record);
    this.#acceptance = new Acceptance(transcript, setup.peers, (...input) => this.#enqueue(...input));
    this.#queue = new RunQueue({
      transcript,
      model: setup.runner.model,
      name: setup.name,
      gatewayId: setup.peers.id,
      hasPeers: () => setup.peers.hasOthers,
      adopt: (which) => this.#acceptance.restore(which),
      troubled: (error) => {
        setup.log.error({ err: error, sessionId: record.sessionId }, "trouble with the session's lane");
        tellOfProblem(this, setup.hub);
      },
    });
    this.transcript = transcript;
    this.agentId = setup.agentId;
    this.runner = setup.runner;
    this.board = setup.board.of(transcript.sessionId);
    this.#setup = setup;
  }

  /** Opens a session and runs what gateways that are no more acknowledged and did not end. Close it after use. */
  static async open(record: SessionRecord, setup: SessionSetup): Promise<Session> {
    const { sessionKey, sessionId, sessionFile } = record;
    const transcript = await openTranscript(sessionFile, {
      create: { sessionId },
      expectedSessionId: sessionId,
      boundTo: { sessionKey, storePath: setup.storePath },
      spill: "drain", // what is acknowledged here is on the branch, at once
    });
    const session = new Session(record, transcript, setup);
    await session.#acceptance.restore("orphaned");
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
    return this.#queue.active?.runId;
  }

  /** Whether a run of that id waits or works here. */
  hasRun(runId: string): boolean {
    return this.#acceptance.entryIdOf(runId) !== undefined;
  }

  /** Why a run cannot begin, or why the end of one cannot be written yet; undefined when all goes well. */
  get problem(): string | undefined {
    const unwritten = [...this.#runs].find(({ problem }) => problem !== undefined);
    return unwritten?.problem ?? this.#queue.problem;
  }

  /** The runs that wait, and what of the session other gateways have. */
  get queue(): Pick<RunQueue, "waiting" | "holder" | "runsElsewhere"> {
    return this.#queue;
  }

  /**
   * Makes an input durable and puts its run into the lane, in the mode it asks for or the session is set to. The same
   * run id again gets the same answer and no run. Throws `UNAVAILABLE` with the details `LANE_BUSY` or `QUEUE_FULL`, and
   * `INVALID_REQUEST` when the session takes no messages, or the active branch is not the `expected` one.
   */
  async accept(input: AcceptedInput, expected?: ExpectedLeaf): Promise<Acknowledgement> {
    const mode = toQueueMode(input.queueMode) ?? this.#settings.queueMode;
    let giveBack = (): Promise<void> => Promise.resolve();
    const admit = (): void => {
      this.#refuseRetired();
      refuseDenied(this.#settings);
      giveBack = this.#queue.admit(mode, this.#acceptance.accepting);
    };
    try {
      return await this.#acceptance.accept({ ...input, queueMode: mode }, admit, expected);
    } finally {
      await giveBack();
    }
  }

  /** As `accept` of an input that was sent before; undefined when none of that id is known here. */
  repeat(runId: string): Promise<Acknowledgement> | undefined {
    return this.#acceptance.repeat(runId);
  }

  /** Runs what gateways that are no more left open. */
  adopt(): Promise<unknown> {
    return this.#acceptance.restore("orphaned");
  }

  /** How a run of this session ended, also in an earlier process. */
  async outcome(runId: string): Promise<TerminalEvent | undefined> {
    const { sessionKey, agentId } = this;
    const known = this.board.run(runId)?.terminal;
    return known ?? readOutcome(await this.transcript.entries(), { runId, sessionKey, agentId });
  }

  /** Stops one run of this gateway, or the waiting and the active ones; returns the ids of those that it stopped. */
  abort(runId: string | undefined, origin: AbortOrigin): string[] {
    return this.#queue.abort(runId, origin);
  }

  /** As `abort`, with the runs of the session that other gateways see to. */
  abortEverywhere(runId: string | undefined, origin: "rpc" | "stop"): Promise<string[]> {
    return this.#queue.abortEverywhere(runId, origin);
  }

  /**
   * Has this gateway run the session from here on. The one that runs it now is asked, and gives its run away after the
   * next entry; by `force` that run is ended, and its gateway writes no more. Returns who had the lane.
   */
  async takeOver(options: { readonly force: boolean }): Promise<LaneHolder | undefined> {
    const holder = await this.#queue.takeLane(options);
    await this.#acceptance.restore("all");
    return holder;
  }

  /** Appends a note; it is durable and on the active branch when this resolves, also while a run streams. */
  async inject(text: string, label: string | undefined): Promise<string> {
    this.#refuseRetired();
    const message = injectedMessage(text, label, Date.now());
    const { messageId } = await this.transcript.append(message, { purpose: "inject" });
    const of = { runId: `inject-${messageId}`, sessionKey: this.sessionKey, agentId: this.agentId };
    const event: ChatEvent = { ...of, seq: 0, state: "final", message };
    this.#setup.hub.publish("chat", event, "certain");
    return messageId;
  }

  publish(event: ChatEvent): void {
    const delivery = event.state === "delta" ? "droppable" : "certain";
    this.board.told(event);
    this.#setup.hub.publish("chat", event, delivery);
  }

  publishAgent(event: AgentStreamEvent): void {
    if (event.stream === "tool") this.#setup.hub.publishTo("tool-events", "agent", event);
    else this.#setup.hub.publish("agent", event, event.stream === "lifecycle" ? "certain" : "droppable");
  }

  failed({ runId }: Run, error: unknown): void {
    this.#setup.log.error({ err: error, runId, sessionId: this.transcript.sessionId }, "trouble with a run");
    tellOfProblem(this, this.#setup.hub);
  }

  ended(run: Run): void {
    this.#acceptance.ended(run.runId);
    this.#runs.delete(run);
  }

  putBack(runs: readonly Run[]): void {
    this.#queue.putBack(runs);
  }

  steering(): readonly Run[] {
    return this.#queue.steering();
  }

  /** Starts no further run; those that wait stay on disk for the next start. Resolves when nothing is being written. */
  async stop(): Promise<void> {
    this.#closing.abort();
    const ending = [...this.#runs].map((run) => run.settled);
    await Promise.all([this.#queue.stop(), ...ending]);
  }

  /**
   * Takes nothing in any more, stops what runs and waits in any gateway, and then makes a change, while nobody has the
   * lane. Throws `UNAVAILABLE`, with all as before, when another gateway does not let the lane go.
   */
  async retire<T>(change: () => Promise<T>): Promise<T> {
    this.#retired = true;
    try {
      await this.#acceptance.settled;
      const result = await this.#queue.endAll(change);
      await this.stop();
      return result;
    } catch (error) {
      this.#retired = false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.stop();
    await this.transcript.close();
  }

  #refuseRetired(): void {
    if (this.#retired) throw beingReplaced();
  }

  #enqueue(input: AcceptedInput, { isBegun, behind }: InputPlace): void {
    const run = new Run(input, this, isBegun);
    this.#runs.add(run);
    this.board.began(run.runId);
    this.#queue.push(run, behind);
  }
}
