import type { Appended, Transcript } from "@session-lock/transcript";
import { appendBelow, type ExpectedLeaf } from "./expected-leaf.ts";
import { INPUT_ENTRY, readInputs, runKeys, type AcceptedInput } from "./inputs.ts";
import type { Acknowledgement } from "../protocol/chat.ts";

/**
 * What is known of one input, by its run id.
 *
 * - `accepting` its entry is being written
 * - `open` acknowledged; its run waits or works
 * - `unsure` writing its entry failed, so it was not acknowledged; it may be on disk all the same
 * - `elsewhere` another gateway, which lives, acknowledged it and has not ended it
 * - `ended` its terminal row is on disk, or its terminal event is out
 *
 * Of one that is unknown the transcript tells: most of those that ended are forgotten.
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

/** Who accepts inputs, and who else may have. */
export interface Acceptor {
  /** This gateway. */
  readonly id: string;
  /** Whether that gateway is there; it then runs what it accepted. */
  isLive(gateway: string | undefined): boolean;
}

/** Where an input stands among the others. */
export interface InputPlace {
  /** Whether somebody has begun it. */
  readonly isBegun: boolean;
  /**
   * Open inputs before it, which it may interrupt, where it was not accepted just now, as the last one: what came after it
   * is here by now too, and whoever has begun it has stopped those before it.
   */
  readonly behind?: readonly string[];
}

/** Inputs that ended and are remembered at least, so that their keys are answered without a look at the transcript. */
const MIN_REMEMBERED = 1_000;

/** Makes the inputs of one session durable, in order and each once, and hands them to `enqueue`. */
export class Acceptance {
  readonly #transcript: Transcript;
  readonly #acceptor: Acceptor;
  readonly #enqueue: (input: AcceptedInput, place: InputPlace) => void;
  readonly #minRemembered: number;
  readonly #states = new Map<string, InputState>();
  #accepted: Promise<unknown> = Promise.resolve();
  #forgetAt: number;
  #accepting = 0;

  constructor(
    transcript: Transcript,
    acceptor: Acceptor,
    enqueue: (input: AcceptedInput, place: InputPlace) => void,
    minRemembered = MIN_REMEMBERED,
  ) {
    this.#transcript = transcript;
    this.#acceptor = acceptor;
    this.#enqueue = enqueue;
    this.#minRemembered = minRemembered;
    this.#forgetAt = 2 * minRemembered;
  }

  /** How many inputs are known without a look at the transcript. */
  get remembered(): number {
    return this.#states.size;
  }

  /** How many inputs are being written now. */
  get accepting(): number {
    return this.#accepting;
  }

  /** Resolves when every input that is being written now is enqueued or refused. Never rejects. */
  get settled(): Promise<unknown> {
    return this.#accepted;
  }

  /**
   * Enqueues what other gateways acknowledged and nobody ended: `orphaned`, of gateways that are no more; `begun`, what
   * somebody has begun as well; `all`. Returns the ids of these.
   */
  async restore(which: "orphaned" | "begun" | "all"): Promise<string[]> {
    const restored: string[] = [];
    const open: string[] = [];
    for (const { entryId, input, heard, ended } of readInputs(await this.#transcript.entries())) {
      const { runId } = input;
      const behind = heard ? [] : [...open];
      if (!ended) open.push(runId);
      const known = this.#states.get(runId)?.kind;
      if (known !== undefined && known !== "elsewhere") continue;
      const isMeant = which === "all" || (which === "begun" && heard);
      if (ended) this.#states.delete(runId);
      else if (isMeant || !this.#acceptor.isLive(input.gateway)) {
        this.#open(input, entryId, { isBegun: heard, behind });
        restored.push(runId);
      } else this.#states.set(runId, { kind: "elsewhere" });
    }
    return restored;
  }

  /**
   * Makes an input durable and enqueues it; the same run id again gets the same answer and no run. `admit` may throw to
   * refuse an input that is new. With an `expected` leaf, one that is new is refused when another branch is active.
   */
  async accept(input: AcceptedInput, admit: () => void, expected?: ExpectedLeaf): Promise<Acknowledgement> {
    const { runId } = input;
    const repeat = this.repeat(runId);
    if (repeat !== undefined) return repeat;
    const isOurs = this.#states.has(runId);
    try {
      admit();
    } catch (error) {
      if (!(await this.#adopt(runId))) throw error;
      return this.#answerOf(runId); // it is nothing new
    }
    const signed = { ...input, gateway: this.#acceptor.id };
    const append = (option: object = {}): Promise<Appended> =>
      this.#transcript.appendCustom(INPUT_ENTRY, signed, {
        idempotencyKey: runKeys.input(runId),
        purpose: "accept input",
        ...option,
      });
    const appending = expected === undefined ? append() : appendBelow(expected, this.#transcript, append);
    const accepted = this.#acceptAppended(input, { appending, before: this.#accepted, isOurs });
    this.#states.set(runId, { kind: "accepting", accepted });
    this.#accepted = accepted.catch(() => undefined); // its caller is told
    return accepted;
  }

  /** What an input is answered that is known without a look at the transcript; undefined when it is not. */
  repeat(runId: string): Promise<Acknowledgement> | undefined {
    const known = this.#states.get(runId);
    return known === undefined || known.kind === "unsure" ? undefined : this.#repeat(runId, known);
  }

  /** The entry of an input that is acknowledged and not ended. */
  entryIdOf(runId: string): string | undefined {
    const state = this.#states.get(runId);
    return state?.kind === "open" ? state.entryId : undefined;
  }

  ended(runId: string): void {
    this.#states.delete(runId); // those that ended last are remembered longest
    this.#states.set(runId, { kind: "ended" });
    if (this.#states.size > this.#forgetAt) {
      // One that cannot be read now keeps its memory until the next one ends.
      this.#forgetStored().catch(() => undefined);
    }
  }

  #open(input: AcceptedInput, entryId: string, place: InputPlace): void {
    this.#states.set(input.runId, { kind: "open", entryId });
    this.#enqueue(input, place);
  }

  async #repeat(runId: string, known: InputState): Promise<Acknowledgement> {
    if (known.kind === "accepting") await known.accepted;
    const now = this.#states.get(runId);
    if (now?.kind === "elsewhere") await this.#adopt(runId);
    return this.#answerOf(runId);
  }

  /** What a key is answered that was sent before. */
  #answerOf(runId: string): Acknowledgement {
    return { runId, status: this.#states.get(runId)?.kind === "ended" ? "ok" : "in_flight" };
  }

  async #acceptAppended(input: AcceptedInput, append: PendingAppend): Promise<Acknowledgement> {
    const { runId } = input;
    this.#accepting += 1;
    try {
      const { entry, repeated } = await append.appending;
      // Appends may resolve in another order than the one they were written in; runs keep the order of the file.
      await append.before;
      if (repeated && !append.isOurs) {
        await this.#adopt(runId);
        return this.#answerOf(runId);
      }
      this.#open(input, entry.id, { isBegun: false });
      return { runId, status: "started" };
    } catch (error) {
      this.#states.set(runId, { kind: "unsure" });
      throw error;
    } finally {
      this.#accepting -= 1;
    }
  }

  /**
   * Takes up an input that another process acknowledged: whoever sends its key here wants to be told of it here. It waits
   * in the lane like any other, and by its turn it has been ended by that process, or is left to this one. False when
   * nobody has acknowledged it.
   */
  async #adopt(runId: string): Promise<boolean> {
    const row = readInputs(await this.#transcript.entries()).find(({ input }) => input.runId === runId);
    const kind = this.#states.get(runId)?.kind;
    if (row === undefined) return false;
    if (kind === "open" || kind === "ended") return true;
    if (row.ended) this.ended(runId);
    else this.#open(row.input, row.entryId, { isBegun: row.heard, behind: [] });
    return true;
  }

  /** Forgets the oldest ends that the transcript tells as well; one that the disk did not take is known only here. */
  async #forgetStored(): Promise<void> {
    this.#forgetAt = Infinity; // until this is over
    try {
      const stored = await this.#storedEnds();
      const ended = [...this.#states].flatMap(([runId, { kind }]) => (kind === "ended" ? [runId] : []));
      for (const runId of ended.slice(0, -this.#minRemembered)) {
        if (stored.has(runId)) this.#states.delete(runId);
      }
    } finally {
      this.#forgetAt = this.#states.size + this.#minRemembered;
    }
  }

  async #storedEnds(): Promise<Set<string>> {
    const records = readInputs(await this.#transcript.entries());
    return new Set(records.flatMap(({ input, ended }) => (ended ? [input.runId] : [])));
  }
}
