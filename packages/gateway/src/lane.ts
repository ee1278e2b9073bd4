/** Work that waits its turn in a lane. */
export interface LaneJob {
  readonly runId: string;
  /** Does the work. Reports its own failures and never rejects. */
  start(): Promise<void>;
}

/** The runs of one session, first come first served, one at a time. Lanes of different sessions do not know each other. */
export class Lane<J extends LaneJob> {
  readonly #waiting: J[] = [];
  readonly #onStart: (job: J) => void;
  #active: J | undefined;
  #settled: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `onStart` is told of each job just before it starts, with the rest still waiting. */
  constructor(onStart: (job: J) => void) {
    this.#onStart = onStart;
  }

  /** The job that runs now. */
  get active(): J | undefined {
    return this.#active;
  }

  /** The jobs that wait, the next one first. */
  get waiting(): readonly J[] {
    return this.#waiting;
  }

  /** Puts a job at the end; it starts at once when nothing is before it. */
  push(job: J): void {
    this.#waiting.push(job);
    this.#next();
  }

  /** Takes a job out that has not started. */
  remove(job: J): void {
    const index = this.#waiting.indexOf(job);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Starts nothing any more and resolves when the active job has ended. Waiting jobs stay where they are. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#settled;
  }

  #next(): void {
    if (this.#stopped || this.#active !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#active = job;
    this.#onStart(job);
    this.#settled = job.start().finally(() => {
      this.#active = undefined;
      this.#next();
    });
  }
}
