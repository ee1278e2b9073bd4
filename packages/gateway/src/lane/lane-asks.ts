import { appendFileSync, readFileSync, rmSync, statSync } from "node:fs";
import { withSessionWriteLock } from "session-lock";
import { Type, type Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

/** What a gateway asks of the one that holds a lane. It is meant for that holder only: the epoch names it. */
const LaneAsk = Type.Union([
  /** Give the lane away at the run's next entry. */
  Type.Object({ kind: Type.Literal("hand-over"), epoch: Type.Number(), from: Type.String() }),
  /** Stop this run. */
  Type.Object({
    kind: Type.Literal("stop"),
    epoch: Type.Number(),
    from: Type.String(),
    runId: Type.String(),
    origin: Type.Union([Type.Literal("rpc"), Type.Literal("stop"), Type.Literal("interrupt")]),
  }),
]);
export type LaneAsk = Static<typeof LaneAsk>;

/**
 * The letter box of a session's lane: a small file beside the session, one ask a line, each addressed by epoch, so that
 * one that comes too late means nothing. Only short locks of its own guard it.
 */
export class LaneAsks {
  readonly #file: string;

  constructor(sessionFile: string) {
    this.#file = `${sessionFile}.asks`;
  }

  /** Puts an ask in; the holder looks within a moment, or at its next entry. */
  async put(ask: LaneAsk): Promise<void> {
    const line = `${JSON.stringify(ask)}\n`;
    await withSessionWriteLock(this.#file, (lock) => {
      lock.assertHeld();
      // eslint-disable-next-line session-lock/no-raw-transcript-write -- a letter box with a lock of its own, no transcript
      appendFileSync(this.#file, line, { mode: 0o600 });
    });
  }

  /** What was asked of the holder with that epoch. */
  read(epoch: number): LaneAsk[] {
    return textOf(this.#file)
      .split("\n")
      .flatMap((line) => parse(line) ?? [])
      .filter((ask) => ask.epoch === epoch);
  }

  /** Takes the box away when there is one; by the holder, when it lets go. */
  async clear(): Promise<void> {
    if (statSync(this.#file, { throwIfNoEntry: false }) === undefined) return;
    await withSessionWriteLock(this.#file, (lock) => {
      lock.assertHeld();
      rmSync(this.#file, { force: true });
    });
  }
}

/**
 * Nothing also where the system does not let it be read: thrown from a timer, that would end the gateway. The run in the
 * lane goes on, and the next look may read it.
 */
function textOf(file: string): string {
  try {
    // Mostly there is no box, and to find that out by an error costs more.
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    return size === 0 ? "" : readFileSync(file, "utf8");
  } catch {
    return ""; // cleared meanwhile, among others
  }
}

/** A line that is being written, or that is none of ours, asks nothing. */
function parse(line: string): LaneAsk | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return Value.Check(LaneAsk, value) ? value : undefined;
  } catch {
    return undefined; // half a line: the next look has the rest
  }
}
