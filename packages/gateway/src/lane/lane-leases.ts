import { setTimeout } from "node:timers/promises";
import {
  breakSessionLock,
  inspectSessionLock,
  withSessionWriteLock,
  type AcquireSessionWriteLockOptions,
  type SessionLockStatus,
} from "session-lock";
import { GatewayError } from "../errors.ts";
import { LaneAsks, type LaneAsk } from "./lane-asks.ts";
import { LaneLease } from "./lane-lease.ts";

/** The longest a lock may be held or waited for. A run is over long before: its own time limit sees to that. */
const LONGEST_MS = 2 ** 31 - 1;
/** After a hand-over, how long the lane is left to whoever asked for it. */
const YIELD_MS = 5_000;
const YIELD_LOOK_MS = 20;
/** How long a gateway that was forced out may take over the append it is in the middle of. */
const LAST_APPEND_MS = 2_000;

/** The gateway that runs a session now. */
export interface LaneHolder {
  readonly name: string;
  readonly pid: number;
  readonly host: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly epoch: number | undefined;
}

type Ask = LaneAsk extends infer A ? (A extends LaneAsk ? Omit<A, "epoch" | "from"> : never) : never;

/** The lane of one session as this gateway takes and asks for it. The lock is that of `<session>.lane`, a file never made. */
export class LaneLeases {
  readonly #sessionFile: string;
  readonly #laneFile: string;
  readonly #name: string;
  readonly #asks: LaneAsks;
  #ours: LaneLease | undefined;

  /** `name` is what other gateways are told of the holder. */
  constructor(sessionFile: string, name: string) {
    this.#sessionFile = sessionFile;
    this.#laneFile = `${sessionFile}.lane`;
    this.#name = name;
    this.#asks = new LaneAsks(sessionFile);
  }

  /** The lane, if nobody has it. */
  tryTake(): LaneLease | undefined {
    const lease = LaneLease.tryTake(this.#request(), this.#asks);
    this.#ours = lease ?? this.#ours;
    return lease;
  }

  /** Waits for the lane, behind those who wait already. Rejects when the signal aborts. */
  async take(signal: AbortSignal): Promise<LaneLease> {
    return (this.#ours = await LaneLease.take({ ...this.#request(), signal }, this.#asks));
  }

  /** The other gateway that holds the lane. */
  holder(): LaneHolder | undefined {
    const status = inspectSessionLock(this.#laneFile);
    const { holder } = status;
    if (status.state !== "held" || (this.#ours?.held === true && holder?.epoch === this.#ours.epoch)) {
      return undefined;
    }
    const { pid = 0, host, acquiredAt: since = 0, epoch, purpose: name = "unknown" } = holder ?? {};
    return { name, pid, host, since, epoch };
  }

  /** Asks the gateway that holds the lane; false when none does. */
  async ask(ask: Ask): Promise<boolean> {
    const epoch = this.holder()?.epoch;
    if (epoch === undefined) return false;
    await this.#asks.put({ ...ask, epoch, from: this.#name });
    return true;
  }

  /** Resolves when somebody else has the lane, or had the time to take it. */
  async leaveToOthers(signal: AbortSignal): Promise<void> {
    const until = performance.now() + YIELD_MS;
    while (performance.now() < until && this.holder() === undefined) {
      await setTimeout(YIELD_LOOK_MS, undefined, { signal });
    }
  }

  /**
   * Takes the lane away from a gateway that holds it. When this resolves, nothing that gateway still writes for its run
   * reaches the transcript: it finds its lane gone before a write, and one that it had begun is over or fenced off.
   * Throws `UNAVAILABLE` where a live holder cannot be put out.
   */
  async force(loser: LaneHolder): Promise<void> {
    const reason = `taken over by ${this.#name}`;
    const { outcome } = breakSessionLock(this.#laneFile, { reason, force: true });
    if (outcome === "refused") {
      throw new GatewayError(
        "UNAVAILABLE",
        "the lane cannot be taken from its holder here: stop that process",
      );
    }
    await this.#endLastAppend(loser, reason);
  }

  /** Whoever asked for its lane under the write lock before it was gone has that lock still, or is done. */
  async #endLastAppend(loser: LaneHolder, reason: string): Promise<void> {
    try {
      const barrier = { purpose: "take over", timeoutMs: LAST_APPEND_MS };
      await withSessionWriteLock(this.#sessionFile, () => undefined, barrier);
    } catch (error) {
      const status = inspectSessionLock(this.#sessionFile);
      if (!isHeldBy(status, loser)) throw error;
      breakSessionLock(this.#sessionFile, { reason, force: true });
    }
  }

  #request(): AcquireSessionWriteLockOptions {
    return {
      sessionFile: this.#laneFile,
      purpose: this.#name,
      timeoutMs: LONGEST_MS,
      maxHoldMs: LONGEST_MS,
    };
  }
}

function isHeldBy({ state, holder }: SessionLockStatus, loser: LaneHolder): boolean {
  return state === "held" && holder?.pid === loser.pid && holder.host === loser.host;
}
