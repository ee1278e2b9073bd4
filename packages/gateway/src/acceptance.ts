import type { Appended, Transcript } from "@session-lock/transcript";
import { INPUT_ENTRY, readInputs, runKeys, type AcceptedInput } from "./inputs.ts";
import type { ChatSendResult } from "./protocol/chat.ts";

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

/** Makes the inputs of one session durable, in order and each once, and hands them to `enqueue`. */
export class Acceptance {
  readonly #transcript: Transcript;
  readonly #enqueue: (input: AcceptedInput) => void;
  readonly #states = new Map<string, InputState>();
  #accepted: Promise<unknown> = Promise.resolve();
  #accepting = 0;

  constructor(transcript: Transcript, enqueue: (input: AcceptedInput) => void) {
    this.#transcript = transcript;
    this.#enqueue = enqueue;
  }

  /** How many inputs are being written now. */
  get accepting(): number {
    return this.#accepting;
  }

  /** Resolves when every input that is being written now is enqueued or refused. Never rejects. */
  get settled(): Promise<unknown> {
    return this.#accepted;
  }

  /** Enqueues what an earlier process acknowledged and did not end. */
  async restore(): Promise<void> {
    for (const { entryId, input, ended } of readInputs(await this.#transcript.entries())) {
      if (ended) this.ended(input.runId);
      else this.#open(input, entryId);
    }
  }

  /**
   * Makes an input durable and enqueues it; the same run id again gets the same answer and no run. `admit` may throw to
   * refuse an input that is new.
   */
  async accept(input: AcceptedInput, admit: () => void): Promise<ChatSendResult> {
    const { runId } = input;
    const known = this.#states.get(runId);
    if (known !== undefined && known.kind !== "unsure") return this.#repeat(runId, known);
    admit();
    const appending = this.#transcript.appendCustom(INPUT_ENTRY, input, {
      idempotencyKey: runKeys.input(runId),
      purpose: "accept input",
    });
    const isOurs = known !== undefined;
    const accepted = this.#acceptAppended(input, { appending, before: this.#accepted, isOurs });
    this.#states.set(runId, { kind: "accepting", accepted });
    this.#accepted = accepted.catch(() => undefined); // its caller is told
    return accepted;
  }

  /** The entry of an input that is acknowledged and not ended. */
  entryIdOf(runId: string): string | undefined {
    const state = this.#states.get(runId);
    return state?.kind === "open" ? state.entryId : undefined;
  }

  ended(runId: string): void {
    this.#states.set(runId, { kind: "ended" });
  }

  #open(input: AcceptedInput, entryId: string): void {
    this.#states.set(input.runId, { kind: "open", entryId });
    this.#enqueue(input);
  }

  async #repeat(runId: string, known: InputState): Promise<ChatSendResult> {
    if (known.kind === "accepting") await known.accepted;
    const now = this.#states.get(runId);
    if (now?.kind === "elsewhere") return this.#adopt(runId);
    return { runId, status: now?.kind === "ended" ? "ok" : "in_flight" };
  }

  async #acceptAppended(input: AcceptedInput, append: PendingAppend): Promise<ChatSendResult> {
    const { runId } = input;
    this.#accepting += 1;
    try {
      const { entry, repeated } = await append.appending;
      // Appends may resolve in another order than the one they were written in; runs keep the order of the file.
      await append.before;
      // A key that is on disk and that we did not write belongs to another process.
      if (repeated && !append.isOurs) return await this.#adopt(runId);
      this.#open(input, entry.id);
      return { runId, status: "started" };
    } catch (error) {
      this.#states.set(runId, { kind: "unsure" });
      throw error;
    } finally {
      this.#accepting -= 1;
    }
  }

  /** Looks into the file for what became of an input that another process acknowledged. */
  async #adopt(runId: string): Promise<ChatSendResult> {
    const rows = readInputs(await this.#transcript.entries());
    const ended = rows.some((row) => row.input.runId === runId && row.ended);
    this.#states.set(runId, { kind: ended ? "ended" : "elsewhere" });
    return { runId, status: ended ? "ok" : "in_flight" };
  }
}
