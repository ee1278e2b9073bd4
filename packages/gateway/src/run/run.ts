import type { UserMessage } from "@session-lock/transcript";
import { endingOf, type EndingTerms } from "./ending.ts";
import { describeFailure, failureOf } from "./failure.ts";
import type { AcceptedInput } from "../session/inputs.ts";
import type { LaneJob, LaneVerdict } from "../lane/lane.ts";
import type { LaneLease } from "../lane/lane-lease.ts";
import type { AbortOrigin } from "../session/messages.ts";
import type { Outcome, TurnEnd } from "./outcome.ts";
import { toQueueMode, type QueueMode } from "../lane/queue-mode.ts";
import { recordOutcome } from "./record.ts";
import { RunEvents, type TerminalNews } from "./run-events.ts";
import type { RunHost } from "./run-host.ts";
import { endUnbegun } from "./run-rows.ts";
import { identityOf } from "../runners/identity.ts";
import type { AgentRunner } from "../runners/runner.ts";
import type { SessionSettings } from "../session/session-settings.ts";
import { withWords } from "./terminal-news.ts";
import { TimeLimits } from "./time-limits.ts";
import { Turn } from "./turn.ts";
import { beginWith, putWords, wordsOf, type Speaker } from "./words.ts";

/**
 * One agent turn, from the acknowledged input to its one terminal event.
 *
 * - `queued` it waits in the lane; an abort ends it without a turn
 * - `joined` another run answers its input as well, and the two end together
 * - `running` the runner works; an abort keeps what it has said. If the lane goes to another gateway, it is `queued` again
 * - `ending` the outcome is decided and being written; an abort comes too late
 * - `ended` the terminal event has been sent
 */
export class Run implements LaneJob, Speaker {
  readonly input: AcceptedInput;
  readonly queueMode: QueueMode;
  /** Why its end is not on disk yet. */
  problem: string | undefined;
  readonly #host: RunHost;
  readonly #events: RunEvents;
  /** As they were when the input was accepted. */
  readonly #settings: SessionSettings;
  readonly #model: AgentRunner["model"];
  readonly #limits = new TimeLimits(() => this.abort("timeout"));
  #controller = new AbortController();
  #turn: Turn | undefined;
  #joined: Run[] = [];
  #leader: Run | undefined;
  #state: "queued" | "joined" | "running" | "ending" | "ended" = "queued";
  /** Why it shall stop, once somebody said so. */
  #abortOrigin: AbortOrigin | undefined;
  #settled: Promise<unknown> = Promise.resolve();
  #isBegun: boolean;

  constructor(input: AcceptedInput, host: RunHost, isBegun = false) {
    this.input = input;
    this.#isBegun = isBegun;
    this.queueMode = toQueueMode(input.queueMode) ?? "followup";
    this.#host = host;
    this.#events = new RunEvents(input.runId, host);
    this.#settings = host.settings;
    this.#model = identityOf(host.runner, this.#settings.model);
  }

  get runId(): string {
    return this.input.runId;
  }

  /** Whether its words are on the branch, whoever began it. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** This run and those that end with it. */
  get company(): readonly [Run, ...Run[]] {
    return [this, ...this.#joined];
  }

  /** Resolves when a turn that has started, or an abort, is on disk and told. Never rejects. */
  get settled(): Promise<unknown> {
    return this.#leader?.settled ?? this.#settled;
  }

  /** Has this run answer the input of one that waits as well. */
  join(other: Run): void {
    other.#state = "joined";
    other.#leader = this;
    this.#joined.push(other);
  }

  start(lease: LaneLease): Promise<LaneVerdict> {
    this.#state = "running";
    this.#controller = new AbortController();
    // A stop that came while another gateway had the run.
    if (this.#abortOrigin !== undefined) this.#stopRunner(this.#abortOrigin);
    const verdict = this.#takeTurn(lease).then((end) => this.#close(end, lease));
    this.#settled = verdict;
    return verdict;
  }

  /**
   * Stops the run, and with it those that it joined or was joined to; false when its outcome is decided already. One that
   * waits is ended after `before`.
   */
  abort(origin: AbortOrigin, before?: Promise<unknown>): boolean {
    if (this.#leader !== undefined) return this.#leader.abort(origin);
    if (this.#state === "queued") {
      this.#state = "ending";
      this.#settled =
        before === undefined ? this.#endQueued(origin) : before.then(() => this.#endQueued(origin));
      return true;
    }
    if (this.#state !== "running") return false;
    this.#stopRunner(origin);
    return true;
  }

  heard(before: boolean): void {
    this.#isBegun = true;
    if (before) this.#events.goOn();
  }

  /** Ends a run that waits, or joined another one, in the way that another gateway has ended it. */
  finish(news: TerminalNews): void {
    if (this.#state === "ended") return;
    const leader = this.#leader;
    if (leader !== undefined) leader.#joined = leader.#joined.filter((run) => run !== this);
    for (const run of this.company) run.#events.goOn();
    this.#end(news);
  }

  #end(news: TerminalNews): void {
    const told = withWords(news, this.#turn?.text ?? "");
    for (const run of this.company) {
      run.#state = "ended";
      run.#events.ended(told);
      this.#host.ended(run);
    }
  }

  #stopRunner(origin: AbortOrigin): void {
    this.#abortOrigin ??= origin;
    this.#controller.abort(new Error(`run stopped: ${this.#abortOrigin}`));
  }

  async #takeTurn(lease: LaneLease): Promise<TurnEnd> {
    const { thinking = this.#settings.thinking } = this.input;
    const { model } = this.#settings;
    const { sessionKey, transcript, runner } = this.#host;
    const signal = AbortSignal.any([this.#controller.signal, lease.signal]);
    this.#limits.start(this.company.map(({ input }) => input));
    const about = { sessionKey, transcript, runner, model: this.#model, lease, events: this.#events };
    const turn = new Turn(this.runId, { ...about, steer: () => this.#steer(lease) });
    this.#turn = turn;
    try {
      const ended = await beginWith<Run>(this.company, { transcript, lease }, signal);
      const news = ended.get(this);
      if (news !== undefined) return { kind: "elsewhere", news };
      for (const [run, otherNews] of ended) run.finish(otherNews);
      this.#events.started();
      const input = this.company.map((run) => run.input.message).join("\n\n");
      const end = await turn.take({ runId: this.runId, input, thinking, model }, signal);
      return end === "handed-over" ? { kind: "moved", verdict: end } : { kind: "final", ...turn.said };
    } catch (error) {
      if (!lease.held) return { kind: "moved", verdict: "lost" };
      const origin = this.#abortOrigin;
      if (origin !== undefined) return { kind: "aborted", text: turn.text, origin };
      this.#host.failed(this, error);
      return { kind: "error", text: turn.text, ...failureOf(error) };
    } finally {
      this.#limits.end();
    }
  }

  async #steer(lease: LaneLease): Promise<readonly UserMessage[]> {
    const runs = this.#state === "running" ? this.#host.steering() : [];
    if (runs.length === 0) return [];
    for (const run of runs) this.join(run);
    this.#limits.start(runs.map(({ input }) => input));
    const ended = await putWords(runs, { transcript: this.#host.transcript, lease });
    for (const [run, news] of ended) run.finish(news);
    return runs.filter((run) => !ended.has(run)).map(({ input }) => wordsOf(input));
  }

  async #close(end: TurnEnd, lease: LaneLease): Promise<LaneVerdict> {
    if (end.kind === "elsewhere") {
      this.#host.putBack(this.#disband().slice(1));
      this.finish(end.news);
      return "ended";
    }
    if (end.kind === "moved") return this.#wait(end.verdict);
    this.#state = "ending";
    const news = await endingOf(end, {
      ...this.#terms,
      write: (outcome) => this.#record(outcome, lease),
      mayGoOn: () => lease.held,
    });
    if (news === "lost") return this.#wait(news);
    if (news !== "untold") this.#end(news);
    return "ended";
  }

  #wait<V extends LaneVerdict>(verdict: V): V {
    this.problem = undefined; // it is another gateway's by now
    this.#host.putBack(this.#disband());
    return verdict;
  }

  /** Everybody in the company waits for itself again. */
  #disband(): readonly Run[] {
    const runs = this.company;
    this.#joined = [];
    for (const run of runs) {
      run.#leader = undefined;
      run.#isBegun = true;
      run.#state = "queued";
    }
    return runs;
  }

  async #record(outcome: Outcome, lease: LaneLease): Promise<TerminalNews> {
    const open = this.#turn?.openRows() ?? [];
    const about = { runId: this.runId, company: () => this.company, open, model: this.#model, lease };
    const { news, others } = await recordOutcome<Run>(this.#host.transcript, outcome, about);
    for (const [run, otherNews] of others) run.finish(otherNews);
    return news;
  }

  /** Ends a run that has not begun, unless another gateway works at it: that one is asked by the session. */
  async #endQueued(origin: AbortOrigin): Promise<void> {
    const news = await endingOf(
      { kind: "aborted", text: "", origin },
      {
        ...this.#terms,
        write: () => endUnbegun(this.#host.transcript, this.input, { origin, model: this.#model }),
        mayGoOn: () => true,
      },
    );
    if (news === undefined || news === "lost") {
      this.#abortOrigin = origin;
      this.#wait("lost");
    } else if (news !== "untold") this.#end(news);
  }

  get #terms(): Pick<EndingTerms<unknown>, "closing" | "failed"> {
    const failed = (error: unknown): void => {
      this.problem = describeFailure(error);
      this.#host.failed(this, error);
    };
    return { closing: this.#host.closing, failed };
  }
}
