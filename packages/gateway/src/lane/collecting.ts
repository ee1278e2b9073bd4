import type { QueueMode } from "./queue-mode.ts";

/** What has to be known of a run here. */
interface Queued {
  readonly queueMode: QueueMode;
}

/** Runs that answer their inputs in one turn, at most. */
const MAX_COLLECTED = 20;
/** How long it has to be quiet before what was collected becomes a turn. */
const QUIET_MS = 500;

/** What `collect` does: inputs in this mode that have to wait, one right behind the other, become one turn. */
export class Collecting {
  #lastAt = -Infinity;

  /** An input has come that has to wait. */
  came({ queueMode }: Queued): void {
    if (queueMode === "collect") this.#lastAt = performance.now();
  }

  /** How much longer the next run waits for company, in milliseconds. */
  pauseBefore(run: Queued, waiting: readonly Queued[]): number {
    if (run.queueMode !== "collect" || groupOf(run, waiting).length >= MAX_COLLECTED) return 0;
    return Math.max(0, this.#lastAt + QUIET_MS - performance.now());
  }

  /** The runs that join `run`, the first of those that wait. */
  companyOf<R extends Queued>(run: R, waiting: readonly R[]): readonly R[] {
    return groupOf(run, waiting).filter((other) => other !== run);
  }
}

function groupOf<R extends Queued>(run: R, waiting: readonly R[]): readonly R[] {
  const line = [run, ...waiting.filter((other) => other !== run)];
  const end = line.findIndex(({ queueMode }) => queueMode !== "collect");
  return line.slice(0, Math.min(MAX_COLLECTED, end < 0 ? line.length : end));
}
