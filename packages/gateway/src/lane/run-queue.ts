import type { Transcript } from "@session-lock/transcript";
import { laneBusy, refuseFull } from "./admission.ts";
import { Collecting } from "./collecting.ts";
import { Elsewhere } from "./elsewhere.ts";
import { describeFailure } from "../run/failure.ts";
import { readInputs, type InputRecord } from "../session/inputs.ts";
import type { LaneLease } from "./lane-lease.ts";
import { LaneLeases, type LaneHolder } from "./lane-leases.ts";
import { Lane, type LaneWatcher } from "./lane.ts";
import type { AbortOrigin } from "../session/messages.ts";
import type { QueueMode } from "./queue-mode.ts";
import type { Run } from "../run/run.ts";
import type { AgentRunner } from "../runners/runner.ts";
import { readNews } from "../run/stored-outcome.ts";

/** How long another gateway has to let the lane go for what is done with it beside the runs, in milliseconds. */
const LANE_MS = 10_000;

/** Who may stop a run of another gateway. */
type RemoteOrigin = Extract<AbortOrigin, "rpc" | "stop" | "interrupt">;

/** What the runs of a session are kept with. */
export interface RunQueueSetup {
  readonly transcript: Transcript;
  readonly model: AgentRunner["model"];
  /** What other gateways are told of this one. */
  readonly name: string;
  /** What the inputs that it accepted say of this gateway. */
  readonly gatewayId: string;
  /** Whether there may be other gateways on the state folder. */
  readonly hasPeers: () => boolean;
  /**
   * Pushes the runs that gateways which are no more have left, and returns their ids; `begun`: those too that were begun
   * and not ended, as nobody is at them while this gateway has the lane.
   */
  readonly adopt: (which: "orphaned" | "begun") => Promise<readonly string[]>;
  /** Called with what no client can be told, for the log. */
  readonly troubled: (error: unknown) => void;
}

/** The runs of one session that this gateway sees to, and its dealings with the other gateways over the session's lane. */
export class RunQueue {
  readonly #setup: RunQueueSetup;
  readonly #leases: LaneLeases;
  readonly #elsewhere: Elsewhere;
  readonly #lane: Lane<Run>;
  readonly #collecting = new Collecting();

  constructor(setup: RunQueueSetup) {
    const { transcript, model, name } = setup;
    this.#setup = setup;
    this.#leases = new LaneLeases(transcript.sessionFile, name);
    this.#elsewhere = new Elsewhere(transcript, this.#leases, model);
    this.#lane = new Lane<Run>(this.#leases, this.#watcher());
  }

  get active(): Run | undefined {
    return this.#lane.active;
  }

  get waiting(): readonly Run[] {
    return this.#lane.waiting;
  }

  /** The gateway that runs this session, when it is another one. */
  holder(): LaneHolder | undefined {
    return this.#setup.hasPeers() ? this.#leases.holder() : undefined;
  }

  /** The runs that another gateway works at now. */
  async runsElsewhere(): Promise<string[]> {
    return this.holder() === undefined ? [] : this.#elsewhere.begun();
  }

  /**
   * Throws when an input in that mode cannot be taken in; `accepting` are on their way. In mode `reject` the lane is
   * taken for it, over all gateways, so that nothing can come between; the way to give it back is returned.
   */
  admit(mode: QueueMode, accepting: number): () => Promise<void> {
    const waiting = this.waiting.length + accepting;
    // Before an interrupting input nothing will wait: it stops that first. What is on its way is not there yet.
    refuseFull(mode === "interrupt" ? accepting : waiting);
    if (mode !== "reject") return () => Promise.resolve();
    if (waiting === 0 && this.#lane.reserve()) return () => this.#lane.unreserve();
    throw laneBusy({ activeRunId: this.active?.runId, waiting, holder: this.holder() });
  }

  /** Why the lane cannot be taken; undefined when it can. */
  get problem(): string | undefined {
    const { problem } = this.#lane;
    return problem === undefined ? undefined : describeFailure(problem);
  }

  /** `behind`: those before a run that is not the last to be accepted. */
  push(run: Run, behind?: readonly string[]): void {
    if (run.queueMode === "interrupt") this.#interrupt(behind);
    if (this.active !== undefined) this.#collecting.came(run);
    this.#lane.push(run);
  }

  putBack(runs: readonly Run[]): void {
    for (const run of runs) this.#lane.push(run);
  }

  /** Takes the runs out that wait to steer the active one. */
  steering(): readonly Run[] {
    const runs = this.waiting.filter((run) => run.queueMode === "steer");
    for (const run of runs) this.#lane.remove(run);
    return runs;
  }

  /** Stops one run of this gateway, or the waiting and the active ones; returns the ids of those that it stopped. */
  abort(runId: string | undefined, origin: AbortOrigin): string[] {
    const runs = [...(this.active?.company ?? []), ...this.waiting];
    const chosen = runId === undefined ? runs : runs.filter((run) => run.runId === runId);
    for (const run of chosen) this.#lane.remove(run);
    // What the active one has said comes before the words of those that waited for it.
    const before = runId === undefined ? this.active?.settled : undefined;
    return chosen.filter((run) => run.abort(origin, before)).map((run) => run.runId);
  }

  /** As `abort`, with the runs of the session that other gateways see to. */
  async abortEverywhere(runId: string | undefined, origin: RemoteOrigin): Promise<string[]> {
    // Here at once: what comes after this call is not meant.
    const active = new Set(this.active?.company.map((run) => run.runId));
    const here = this.abort(runId, origin);
    if (!this.#setup.hasPeers()) return here;
    // Nobody could be asked to stop what a gateway has left that is no more, and its run would go on here in a moment.
    const left = await this.#setup.adopt("orphaned");
    const meant = left.filter((id) => runId === undefined || id === runId);
    here.push(...meant.flatMap((id) => this.abort(id, origin)));
    const isOurs = ({ input, heard }: InputRecord): boolean =>
      heard ? active.has(input.runId) : input.gateway === this.#setup.gatewayId;
    const there = await this.#elsewhere.stop(runId, origin, isOurs);
    return [...new Set([...here, ...there])];
  }

  /**
   * Asks the gateway that has the lane for it, or takes it away from it: then what that one has begun is ended here, as it
   * can write no more. Returns who had it. Throws `UNAVAILABLE` when yet another one has got the lane before.
   */
  async takeLane({ force }: { readonly force: boolean }): Promise<LaneHolder | undefined> {
    const holder = this.#leases.holder();
    if (holder === undefined) return undefined;
    if (!force) {
      await this.#leases.ask({ kind: "hand-over" });
      return holder;
    }
    const begun = await this.#elsewhere.begun();
    await this.#leases.force(holder);
    await this.#withLane([], (lease) => this.#elsewhere.endBegun(begun, lease));
    return holder;
  }

  /** Ends every run of the session in any gateway, and makes a change with the lane held. */
  async endAll<T>(change: () => Promise<T>): Promise<T> {
    const runs = [...this.waiting, ...(this.active?.company ?? [])];
    await this.abortEverywhere(undefined, "rpc");
    return this.#withLane(runs, (lease) => this.#elsewhere.endOpen(lease, change));
  }

  #interrupt(behind: readonly string[] | undefined): void {
    if (behind !== undefined) for (const runId of behind) this.abort(runId, "interrupt");
    else this.abortEverywhere(undefined, "interrupt").catch((error: unknown) => this.#setup.troubled(error));
  }

  /** Does something with the lane, when these runs have ended. Throws `UNAVAILABLE` when it is not to be had in time. */
  #withLane<T>(before: readonly Run[], work: (lease: LaneLease) => Promise<T>): Promise<T> {
    const late = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        late.abort();
        const activeRunId = this.active?.runId;
        reject(laneBusy({ activeRunId, waiting: this.waiting.length, holder: this.holder() }));
      }, LANE_MS);
      const errand = async (lease: LaneLease): Promise<void> => {
        clearTimeout(timer);
        if (!late.signal.aborted) resolve(await work(lease));
      };
      Promise.all(before.map((run) => run.settled))
        .then(() => this.#lane.errand(errand))
        .catch(reject);
    });
  }

  /** Starts nothing any more and resolves when the active run has ended, and what others have ended by then is told. */
  async stop(): Promise<void> {
    await this.#lane.stop();
    this.#elsewhere.unfollow();
    // What cannot be read is told by the next process that can.
    await this.#finishEnded().catch((error: unknown) => this.#setup.troubled(error));
  }

  #watcher(): LaneWatcher<Run> {
    return {
      taken: () => {
        if (!this.#setup.hasPeers()) return undefined;
        return this.#setup.adopt("begun").catch((error: unknown) => this.#setup.troubled(error));
      },
      starting: (run) => {
        if (run.queueMode !== "collect") return;
        for (const next of this.#collecting.companyOf(run, this.waiting)) {
          this.#lane.remove(next);
          run.join(next);
        }
      },
      pauseBefore: (run) => this.#collecting.pauseBefore(run, this.waiting),
      blocked: (isBlocked) => {
        if (isBlocked) this.#elsewhere.follow(() => this.#finishEnded(), this.#setup.troubled);
        else this.#elsewhere.unfollow();
      },
      asked: (ask) => {
        if (ask.kind === "stop") this.abort(ask.runId, ask.origin);
      },
      untakable: this.#setup.troubled,
      troubled: this.#setup.troubled,
    };
  }

  /** Tells of runs that wait here and that another gateway has ended. */
  async #finishEnded(): Promise<void> {
    if (this.waiting.length === 0) return;
    const entries = await this.#setup.transcript.entries();
    const ended = new Set(readInputs(entries).flatMap((row) => (row.ended ? [row.input.runId] : [])));
    for (const run of this.waiting.filter(({ runId }) => ended.has(runId))) {
      const news = readNews(entries, run.runId);
      if (news === undefined) continue;
      this.#lane.remove(run);
      run.finish(news);
    }
  }
}
