import { subscribe } from "./diagnostics.ts";
import { knownFileLocks } from "./file-locks.ts";

/** How many observations were at most `le` ms; the last bound is infinite. */
export interface HistogramBucket {
  readonly le: number;
  readonly count: number;
}

export interface Histogram {
  /** Cumulative, as Prometheus wants them. */
  readonly buckets: readonly HistogramBucket[];
  readonly count: number;
  /** Sum and greatest of all observations, in ms. */
  readonly sumMs: number;
  readonly maxMs: number;
}

export interface SessionLockMetrics {
  readonly acquired: number;
  readonly timeouts: number;
  readonly takeovers: number;
  readonly lost: number;
  /** Calls of this process that wait right now. */
  readonly waiting: number;
  readonly waitMs: Histogram;
  readonly holdMs: Histogram;
}

export interface SessionLockMetricsCollector extends Disposable {
  snapshot(): SessionLockMetrics;
  /** Stops collecting. Idempotent. */
  close(): void;
}

const boundsMs = [0.05, 0.1, 0.5, 1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 60_000, Infinity];

/** Starts counting what the locks of this process do, until it is closed. */
export function collectSessionLockMetrics(): SessionLockMetricsCollector {
  const wait = openHistogram();
  const hold = openHistogram();
  const counts = { acquired: 0, timeouts: 0, takeovers: 0, lost: 0 };
  const stops = [
    subscribe("acquire", ({ waitedMs }) => {
      counts.acquired += 1;
      wait.observe(waitedMs);
    }),
    subscribe("release", ({ heldMs }) => hold.observe(heldMs)),
    subscribe("timeout", ({ waitedMs }) => {
      counts.timeouts += 1;
      wait.observe(waitedMs);
    }),
    subscribe("takeover", () => (counts.takeovers += 1)),
    subscribe("lost", () => (counts.lost += 1)),
  ];
  const close = (): void => {
    for (const stop of stops.splice(0)) stop();
  };
  return {
    snapshot: () => ({ ...counts, waiting: countWaiting(), waitMs: wait.read(), holdMs: hold.read() }),
    close,
    [Symbol.dispose]: close,
  };
}

function countWaiting(): number {
  let waiting = 0;
  for (const file of knownFileLocks()) waiting += file.queued;
  return waiting;
}

function openHistogram(): { readonly observe: (ms: number) => void; readonly read: () => Histogram } {
  const counts = boundsMs.map(() => 0);
  let [count, sumMs, maxMs] = [0, 0, 0];
  return {
    observe: (ms) => {
      const bucket = boundsMs.findIndex((bound) => ms <= bound);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      count += 1;
      sumMs += ms;
      maxMs = Math.max(maxMs, ms);
    },
    read: () => {
      let sum = 0;
      const buckets = boundsMs.map((le, index) => ({ le, count: (sum += counts[index] ?? 0) }));
      return { buckets, count, sumMs, maxMs };
    },
  };
}
