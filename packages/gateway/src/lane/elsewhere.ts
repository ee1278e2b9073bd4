import { statSync } from "node:fs";
import type { AppendItem, Transcript } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { readInputs, type InputRecord } from "../session/inputs.ts";
import type { LaneLease } from "./lane-lease.ts";
import type { LaneLeases } from "./lane-leases.ts";
import type { AbortOrigin } from "../session/messages.ts";
import { outcomeItem, unbegunItems, type Outcome } from "../run/outcome.ts";
import { writeRows } from "../run/run-rows.ts";
import type { AgentRunner } from "../runners/runner.ts";

/** How often one who waits for the lane looks what the other gateway has ended. */
const LOOK_MS = 250;

/** Runs of one session that other gateways accepted or work at. All is told through the transcript and the lane. */
export class Elsewhere {
  readonly #transcript: Transcript;
  readonly #leases: LaneLeases;
  readonly #model: AgentRunner["model"];
  #timer: NodeJS.Timeout | undefined;
  #seen = -1;

  constructor(transcript: Transcript, leases: LaneLeases, model: AgentRunner["model"]) {
    this.#transcript = transcript;
    this.#leases = leases;
    this.#model = model;
  }

  /**
   * Stops runs that are not this gateway's: the active one by asking its gateway, the others by ending them in its place.
   * Returns their ids. `isOurs` tells those that this gateway sees to.
   */
  async stop(
    runId: string | undefined,
    origin: "rpc" | "stop" | "interrupt",
    isOurs: (record: InputRecord) => boolean,
  ): Promise<string[]> {
    const isMeant = (record: InputRecord): boolean =>
      !record.ended && !isOurs(record) && (runId === undefined || runId === record.input.runId);
    const open = readInputs(await this.#transcript.entries()).filter(isMeant);
    if (open.length === 0) return [];
    const active = open.filter(({ heard }) => heard);
    for (const { input } of active) await this.#leases.ask({ kind: "stop", runId: input.runId, origin });
    const waiting = open.filter(({ heard }) => !heard).map(({ input }) => input.runId);
    const stopped = await this.#end(waiting, origin, (record) => !record.heard);
    return [...active.map(({ input }) => input.runId), ...stopped];
  }

  /** The runs that have begun and not ended; those of the gateway that has the lane. */
  async begun(): Promise<string[]> {
    return readInputs(await this.#transcript.entries())
      .filter(({ heard, ended }) => heard && !ended)
      .map(({ input }) => input.runId);
  }

  /** Ends what a gateway that was forced out had begun. */
  async endBegun(runIds: readonly string[], lease: LaneLease): Promise<void> {
    await this.#end(runIds, "takeover", () => true, lease);
  }

  /**
   * Ends whatever is open, and makes a change before anybody can append again: for who has the lane, whoever has begun it
   * is not at it any more, and no input can be taken in between. Where the transcript is gone, or is none any more, there
   * is nothing to end, and the change is the way out.
   */
  async endOpen<T>(lease: LaneLease, change: () => Promise<T>): Promise<T> {
    const endAndChange = async (): Promise<T> => {
      await this.#end(undefined, "rpc", () => true, lease);
      return change();
    };
    try {
      const purpose = "replace session";
      return await withSessionWriteLock(this.#transcript.sessionFile, endAndChange, { purpose });
    } catch (error) {
      if (!isOfNoTranscript(error)) throw error;
      return change();
    }
  }

  /** While another gateway has the lane: calls `changed` whenever the transcript has grown. */
  follow(changed: () => Promise<void>, onFailure: (error: unknown) => void): void {
    this.unfollow();
    this.#timer = setInterval(() => {
      const size = sizeOf(this.#transcript.sessionFile);
      if (size === undefined || size === this.#seen) return;
      this.#seen = size;
      changed().catch(onFailure);
    }, LOOK_MS).unref();
  }

  unfollow(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#seen = -1;
  }

  /** Ends those of the runs, or of all, that are still open, and fit, at the moment of writing. */
  async #end(
    runIds: readonly string[] | undefined,
    origin: AbortOrigin,
    fits: (record: InputRecord) => boolean,
    lease?: LaneLease,
  ): Promise<string[]> {
    const outcome: Outcome = { kind: "aborted", text: "", origin };
    const endOf = ({ input, heard }: InputRecord): readonly AppendItem[] =>
      heard ? [outcomeItem(input.runId, outcome, this.#model)] : unbegunItems(input, origin, this.#model);
    let ended: string[] = [];
    await writeRows(this.#transcript, {
      rows: (entries): AppendItem[] => {
        const isMeant = (record: InputRecord): boolean =>
          !record.ended && runIds?.includes(record.input.runId) !== false && fits(record);
        const records = readInputs(entries).filter(isMeant);
        ended = records.map(({ input }) => input.runId);
        return records.flatMap(endOf);
      },
      purpose: "end runs of another gateway",
      closesToolCalls: true,
      ...(lease === undefined ? {} : { lease }),
    });
    return ended;
  }
}

/** Undefined where the system does not let anybody look: thrown from a timer, that would end the gateway. */
function sizeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return undefined; // the next look, or the lane's turn, tells
  }
}

function isOfNoTranscript(error: unknown): boolean {
  const codes: readonly unknown[] = ["NOT_FOUND", "NOT_A_SESSION", "INVALID_TARGET"];
  return error instanceof Error && "code" in error && codes.includes(error.code);
}
