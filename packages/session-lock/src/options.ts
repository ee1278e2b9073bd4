import type { SessionWriteLock } from "./session-write-lock.ts";

/** How to wait for a lock and how long it may be held. */
export interface SessionWriteLockOptions {
  /** Give up after this many ms (and up to 25 more) with code `TIMEOUT`; `0` tries once. Default: 10 000. */
  readonly timeoutMs?: number;
  /** Revoke the lock when it is held longer than this many ms; the holder's `signal` aborts. Default: 300 000. */
  readonly maxHoldMs?: number;
  /**
   * `lockfile` engine only: how long, in ms, a holder on *another* host may go without a heartbeat before its lock
   * is taken over. A holder on this host is never judged by time. Default: 30 000.
   */
  readonly staleMs?: number;
  /**
   * Whether a call inside the owner's async scope re-enters (`true`) or fails with `REENTRANT` (`false`).
   * `"process"` lets every task of the process share one lock, which excludes nothing inside it: unsafe, for
   * migration only. Default: `true`.
   */
  readonly allowReentrant?: boolean | "process";
  /** Stops waiting: the call then rejects with code `ABORTED`. */
  readonly signal?: AbortSignal;
  /** What the lock is for, shown to whoever is refused because of it (the first 200 characters). */
  readonly purpose?: string;
  /** Re-enter this lock, which must be held and be on the same session file. */
  readonly within?: SessionWriteLock;
  /** Force an engine instead of choosing by file system and platform. Default: env `SESSION_LOCK_ENGINE`, else chosen. */
  readonly engine?: EngineName;
}

export interface AcquireSessionWriteLockOptions extends SessionWriteLockOptions {
  /** The session's transcript file. It need not exist yet; its folder must. */
  readonly sessionFile: string;
}

export interface TryAcquireSessionWriteLockOptions extends AcquireSessionWriteLockOptions {
  /**
   * Also refuse a free lock that this process has had for its turn, with hardly a pause, so that others come first:
   * then `acquireSessionWriteLock` queues behind them. For who would take the lock in a loop. Default: `false`.
   */
  readonly inTurn?: boolean;
}

export type EngineName = "kernel" | "lockfile";

/** Options with their defaults applied. */
export interface LockRequest {
  readonly timeoutMs: number;
  readonly maxHoldMs: number;
  readonly staleMs: number;
  readonly allowReentrant: boolean | "process";
  readonly signal: AbortSignal | undefined;
  readonly purpose: string | undefined;
  readonly within: SessionWriteLock | undefined;
  readonly engine: EngineName | undefined;
}

/** Applies the defaults. Throws `RangeError` or `TypeError` on a value no lock can honour. */
export function readOptions(options: SessionWriteLockOptions): LockRequest {
  const {
    timeoutMs = 10_000,
    maxHoldMs = 300_000,
    staleMs = 30_000,
    allowReentrant = true,
    signal,
    purpose,
    within,
    engine,
  } = options;
  if (!(timeoutMs >= 0 && timeoutMs <= longestTimerMs)) throw outOfRange("timeoutMs", timeoutMs);
  if (!(maxHoldMs > 0 && maxHoldMs <= longestTimerMs)) throw outOfRange("maxHoldMs", maxHoldMs);
  if (!(staleMs >= 2_000 && staleMs <= longestTimerMs)) throw outOfRange("staleMs", staleMs);
  if (engine !== undefined && !engines.has(engine))
    throw new TypeError(`engine must be "kernel" or "lockfile", not ${JSON.stringify(engine)}`);
  return { timeoutMs, maxHoldMs, staleMs, allowReentrant, signal, purpose, within, engine };
}

const engines: ReadonlySet<unknown> = new Set(["kernel", "lockfile"]);

/** setTimeout fires at once for anything longer. */
const longestTimerMs = 2 ** 31 - 1;

function outOfRange(name: string, value: unknown): RangeError {
  return new RangeError(`${name} is out of range: ${String(value)} (ms, at most ${longestTimerMs})`);
}
