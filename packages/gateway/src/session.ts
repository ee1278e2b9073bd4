import type { Appended, SessionRecord, Transcript } from "@session-lock/transcript";
import { openTranscript } from "@session-lock/transcript";
import type { Logger } from "pino";
import type { Hub } from "./hub.ts";
import { INPUT_ENTRY, readInputs, runKeys, type AcceptedInput } from "./inputs.ts";
import { Lane } from "./lane.ts";
import { injectedMessage, userMessage, type AbortOrigin } from "./messages.ts";
import type { AgentStreamEvent } from "./protocol/agent-event.ts";
import type { ChatEvent, ChatSendResult } from "./protocol/chat.ts";
import { Run, type RunHost } from "./run.ts";
import type { AgentRunner } from "./runners/runner.ts";

/** What sessions share. */
export interface SessionSetup {
  readonly agentId: string;
  readonly runner: AgentRunner;
  readonly hub: Hub;
  readonly log: Logger;
}

/**
 * What is known of one input, by its run id.
 *
 * - `accepting` its entry is being written
 * - `open` acknowledged; its run waits or works
 * - `unsure` writing its entry failed, so it was not acknowledged; it may be on disk all the same
 * - `elsewhere` another process acknowledged it and has not ended it
 * - `ended` its terminal row is on disk, or its terminal event is out
 */
type InputState =
  | { readonly kind: "accepting"; readonly accepted: Promise<unknown> }
  | { readonly kind: "open"; readonly entryId: string }
  | { readonly kind: "unsure" }
  | { readonly kind: "elsewhere" }
  | { readonly kind: "ended" };

/** The entry of an input that is being written. */
interface PendingAppend {
  readonly appending: Promise<Appended>;
  /** Settles when the input before this one is in the lane, or is refused. */
  readonly before: Promise<unknown>;
  /** Whether this process has tried to write it before. */
  readonly isOurs: boolean;
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
  readonly #inputs = new Map<string, InputState>();
  readonly #lane = new Lane<Run>();
  readonly #runs = new Set<Run>();
  #accepted: Promise<unknown> = Promise.resolve();

  private constructor(sessionKey: string, transcript: Transcript, setup: SessionSetup) {
    this.sessionKey = sessionKey;
    this.transcript = transcript;
    this.agentId = setup.agentId;
    this.runner = setup.runner;
    this.#setup = setup;
  }

  /** Opens a session and runs the inputs that an earlier process acknowledged and did not end. Close it after use. */
  static async open(record: SessionRecord, setup: SessionSetup): Promise<Session> {
    const { sessionId, sessionFile, sessionKey } = record;
    const transcript = await openTranscript(sessionFile, {
      create: { sessionId },
      expectedSessionId: sessionId,
    });
    const session = new Session(sessionKey, transcript, setup);
    for (const { entryId, input, ended } of readInputs(await transcript.entries())) {
      if (ended) session.#inputs.set(input.runId, { kind: "ended" });
      else session.#enqueue(input, entryId);
    }
    return session;
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
    return this.#inputs.get(runId)?.kind === "open";
  }

  get queueLength(): number {
    return this.#lane.waiting.length;
  }

  /** Makes an input durable and puts its run into the lane; the same run id again gets the same answer and no run. */
  async accept(input: AcceptedInput): Promise<ChatSendResult> {
    const { runId } = input;
    const known = this.#inputs.get(runId);
    if (known !== undefined && known.kind !== "unsure") return this.#repeat(runId, known);
    const appending = this.transcript.appendCustom(INPUT_ENTRY, input, {
      idempotencyKey: runKeys.input(runId),
      purpose: "accept input",
    });
    const accepted = this.#acceptAppended(input, {
      appending,
      before: this.#accepted,
      isOurs: known !== undefined,
    });
    this.#inputs.set(runId, { kind: "accepting", accepted });
    this.#accepted = accepted.catch(() => undefined); // its caller is told
    return accepted;
  }

  /** Stops one run, or the waiting and the active ones; returns the ids of those that it stopped. */
  abort(runId: string | undefined, origin: AbortOrigin): string[] {
    const runs = [...this.#lane.waiting, ...(this.#lane.active === undefined ? [] : [this.#lane.active])];
    const chosen = runId === undefined ? runs : runs.filter((run) => run.runId === runId);
    for (const run of chosen) this.#lane.remove(run);
    return chosen.filter((run) => run.abort(origin)).map((run) => run.runId);
  }

  /** Appends a note; it is durable and on the active branch when this resolves, also while a run streams. */
  async inject(text: string, label: string | undefined): Promise<string> {
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
    const unheard = active === undefined || active.heard ? waiting : [active, ...waiting];
    return unheard.flatMap((run) => {
      const known = this.#inputs.get(run.runId);
      if (known?.kind !== "open") return [];
      const { message, acceptedAt } = run.input;
      const row = {
        id: known.entryId,
        runId: run.runId,
        message: userMessage(message, acceptedAt),
        acceptedAt,
      };
      return [{ ...row, state: "queued" }];
    });
  }

  publish(event: ChatEvent): void {
    const delivery = event.state === "delta" ? "droppable" : "certain";
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
    this.#inputs.set(run.runId, { kind: "ended" });
    this.#runs.delete(run);
  }

  /** Starts no further run; those that wait stay on disk for the next start. Resolves when nothing is being written. */
  async stop(): Promise<void> {
    const ending = [...this.#runs].map((run) => run.settled);
    await Promise.all([this.#lane.stop(), ...ending]);
  }

  async close(): Promise<void> {
    await this.stop();
    await this.transcript.close();
  }

  #enqueue(input: AcceptedInput, entryId: string): void {
    const run = new Run(input, this);
    this.#inputs.set(input.runId, { kind: "open", entryId });
    this.#runs.add(run);
    this.#lane.push(run);
  }

  async #repeat(runId: string, known: InputState): Promise<ChatSendResult> {
    if (known.kind === "accepting") await known.accepted;
    const now = this.#inputs.get(runId);
    if (now?.kind === "elsewhere") return this.#adopt(runId);
    return { runId, status: now?.kind === "ended" ? "ok" : "in_flight" };
  }

  async #acceptAppended(input: AcceptedInput, append: PendingAppend): Promise<ChatSendResult> {
    const { runId } = input;
    try {
      const { entry, repeated } = await append.appending;
      // Appends may resolve in another order than the one they were written in; runs keep the order of the file.
      await append.before;
      // A key that is on disk and that we did not write belongs to another process.
      if (repeated && !append.isOurs) return await this.#adopt(runId);
      this.#enqueue(input, entry.id);
      return { runId, status: "started" };
    } catch (error) {
      this.#inputs.set(runId, { kind: "unsure" });
      throw error;
    }
  }

  /** Looks into the file for what became of an input that another process acknowledged. */
  async #adopt(runId: string): Promise<ChatSendResult> {
    const rows = readInputs(await this.transcript.entries());
    const ended = rows.some((row) => row.input.runId === runId && row.ended);
    this.#inputs.set(runId, { kind: ended ? "ended" : "elsewhere" });
    return { runId, status: ended ? "ok" : "in_flight" };
  }
}
