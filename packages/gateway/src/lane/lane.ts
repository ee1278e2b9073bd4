import { beingReplaced } from "./admission.ts";
import type { LaneAsk } from "./lane-asks.ts";
import type { LaneLease } from "./lane-lease.ts";
import type { LaneLeases } from "./lane-leases.ts";

/**
 * How a job let go of the lane.
 *
 * - `ended` it is over
 * - `handed-over` another gateway asked for the lane and goes on with it; the job is back among those that wait
 * - `lost` another gateway took the lane by force; as above
 */
export type LaneVerdict = "ended" | "handed-over" | "lost";

/** Work that waits its turn in a lane. */
export interface LaneJob {
  readonly runId: string;
  /** Whether an earlier holder of the lane has begun it: it goes before those that nobody has. */
  readonly isBegun: boolean;
  /** Does the work while the lease is held. Reports its own failures and never rejects. */
  start(lease: LaneLease): Promise<LaneVerdict>;
}

/** What a lane tells its session. */
export interface LaneWatcher<J> {
  /** The lane has been got: what a holder before has begun and left is put into it. Undefined when that cannot be. */
  taken(): Promise<unknown> | undefined;
  /** The job is next; the others still wait. */
  starting(job: J): void;
  /** How long, in milliseconds, the next job waits for company. */
  pauseBefore(job: J): number;
  /** Another gateway has the lane, or has let go of it. */
  blocked(isBlocked: boolean): void;
  /** Another gateway asks something of the one that has the lane. */
  asked(ask: LaneAsk): void;
  /** The lane cannot be taken at all; the jobs wait until it can. Told once for each time that lasts. */
  untakable(error: unknown): void;
  /** The lease could not be let go properly. */
  troubled(error: unknown): void;
}

/** After this long a lane that could not be taken is tried again, in milliseconds. */
const UNTAKABLE_MS = 1_000;

/** Something to be done once, with the lease, before any job. */
interface Errand {
  readonly work: (lease: LaneLease) => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The runs of one session, first come first served, one at a time over all gateways: each is started with a lease of the
 * session's lane, which is let go between two runs. Lanes of different sessions do not know each other.
 *
 * States: **idle** → **taking** (a pause, or a wait for the lease) → **working** → idle; **stopped** is final.
 */
export class Lane<J extends LaneJob> {
  readonly #waiting: J[] = [];
  readonly #errands: Errand[] = [];
  readonly #leases: LaneLeases;
  readonly #watcher: LaneWatcher<J>;
  readonly #stopping = new AbortController();
  #reserved: LaneLease | undefined;
  #active: J | undefined;
  #isBusy = false;
  #problem: unknown;
  #settled: Promise<void> = Promise.resolve();

  constructor(leases: LaneLeases, watcher: LaneWatcher<J>) {
    this.#leases = leases;
    this.#watcher = watcher;
  }

  /** The job that runs now. */
  get active(): J | undefined {
    return this.#active;
  }

  /** The jobs that wait, the next one first. */
  get waiting(): readonly J[] {
    return this.#waiting;
  }

  /** Why the lane cannot be taken; undefined when it can. */
  get problem(): unknown {
    return this.#problem;
  }

  /** Puts a job at the end; it starts at once when nothing is before it, here or in another gateway. */
  push(job: J): void {
    const end = this.#waiting.length;
    const at = job.isBegun ? this.#waiting.findIndex((other) => !other.isBegun) : end;
    this.#waiting.splice(at < 0 ? end : at, 0, job);
    this.#next();
  }

  /** Takes a job out that has not started. */
  remove(job: J): void {
    const index = this.#waiting.indexOf(job);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Takes the lane for the next job, if it is free this instant; until then, or `unreserve`, nobody else gets it. */
  reserve(): boolean {
    if (this.#isBusy || this.#waiting.length > 0 || this.#reserved !== undefined) return false;
    this.#reserved = this.#leases.tryTake();
    return this.#reserved !== undefined;
  }

  /** Lets a reserved lane go that no job has used. */
  async unreserve(): Promise<void> {
    const lease = this.#reserved;
    this.#reserved = undefined;
    await lease?.release();
    this.#next();
  }

  /** Does something with the lease, before the jobs that wait. Throws `UNAVAILABLE` when the lane is stopped before. */
  errand(work: Errand["work"]): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.reject(beingReplaced());
    return new Promise((resolve, reject) => {
      this.#errands.push({ work, resolve, reject });
      this.#next();
    });
  }

  /** Starts nothing any more and resolves when the active job has ended. Waiting jobs stay where they are. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.unreserve();
    await this.#settled;
    for (const { reject } of this.#errands.splice(0)) reject(beingReplaced());
  }

  get #isDue(): boolean {
    return !this.#stopping.signal.aborted && this.#waiting.length + this.#errands.length > 0;
  }

  #next(): void {
    if (this.#isBusy || !this.#isDue) return;
    this.#isBusy = true;
    const [head] = this.#waiting;
    const pauseMs = this.#reserved !== undefined || head === undefined ? 0 : this.#watcher.pauseBefore(head);
    const lease = pauseMs > 0 ? undefined : this.#tryTake();
    const work = lease === undefined ? this.#take(pauseMs) : this.#work(lease);
    const reported = work.catch((error: unknown) => this.#watcher.troubled(error));
    this.#settled = reported.finally(() => {
      this.#isBusy = false;
      this.#next();
    });
  }

  #tryTake(): LaneLease | undefined {
    const reserved = this.#reserved;
    this.#reserved = undefined;
    try {
      return reserved ?? this.#leases.tryTake();
    } catch {
      return undefined; // the wait that follows meets the same and tells
    }
  }

  async #take(pauseMs: number): Promise<void> {
    const { signal } = this.#stopping;
    try {
      if (pauseMs > 0) {
        await pause(pauseMs, signal);
        return; // and look anew: more may have come
      }
      this.#watcher.blocked(true);
      const lease = await this.#leases.take(signal).finally(() => this.#watcher.blocked(false));
      if (this.#isDue) await this.#work(lease);
      else await lease.release();
    } catch (error) {
      if (!signal.aborted) await this.#failed(error);
    }
  }

  /** An errand fails. A job does not: whoever it is for was told that it will be done. */
  async #failed(error: unknown): Promise<void> {
    for (const { reject } of this.#errands.splice(0)) reject(error);
    const isNew = this.#problem === undefined;
    this.#problem = error;
    if (isNew) this.#watcher.untakable(error);
    await pause(UNTAKABLE_MS, this.#stopping.signal);
  }

  async #work(lease: LaneLease): Promise<void> {
    this.#problem = undefined;
    const errand = this.#errands.shift();
    const verdict = errand === undefined ? await this.#run(lease) : await runErrand(errand, lease);
    await lease.release();
    if (verdict === "ended") return;
    this.#watcher.blocked(true);
    const { signal } = this.#stopping;
    await this.#leases
      .leaveToOthers(signal)
      .catch(() => undefined) // stopped meanwhile, or the look failed: then the lane is simply asked for
      .finally(() => this.#watcher.blocked(false));
  }

  async #run(lease: LaneLease): Promise<LaneVerdict> {
    const adopting = this.#watcher.taken();
    if (adopting !== undefined) await adopting;
    const job = this.#stopping.signal.aborted ? undefined : this.#waiting.shift();
    if (job === undefined) return "ended";
    this.#active = job;
    this.#watcher.starting(job);
    lease.follow((ask) => this.#watcher.asked(ask));
    const verdict = await job.start(lease);
    this.#active = undefined;
    return verdict;
  }
}

async function runErrand({ work, resolve, reject }: Errand, lease: LaneLease): Promise<LaneVerdict> {
  await work(lease).then(resolve, reject);
  return "ended";
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
