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
  if (!isMs(timeoutMs, 0)) throw notMs("timeoutMs", timeoutMs);
  if (!isMs(maxHoldMs, Number.MIN_VALUE)) throw notMs("maxHoldMs", maxHoldMs);
  if (!isMs(staleMs, 2_000)) throw notMs("staleMs", staleMs);
  if (!isFlag(allowReentrant) && allowReentrant !== "process")
    throw mustBe("allowReentrant", 'true, false or "process"', allowReentrant);
  if (signal !== undefined && !isSignal(signal)) throw mustBe("signal", "an AbortSignal", signal);
  if (purpose !== undefined && !isText(purpose)) throw mustBe("purpose", "a string", purpose);
  if (within !== undefined && !isObject(within)) throw mustBe("within", "a lock", within);
  if (engine !== undefined && !engines.has(engine)) throw mustBe("engine", '"kernel" or "lockfile"', engine);
  return { timeoutMs, maxHoldMs, staleMs, allowReentrant, signal, purpose, within, engine };
}

const engines: ReadonlySet<unknown> = new Set(["kernel", "lockfile"]);

/** setTimeout fires at once for anything longer. */
const longestTimerMs = 2 ** 31 - 1;

// Callers without types pass what they like, and every acquire comes by here: comparisons only.

function isMs(value: unknown, least: number): boolean {
  return typeof value === "number" && value >= least && value <= longestTimerMs;
}

function isFlag(value: unknown): boolean {
  return value === true || value === false;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** By its looks: the signal may be another realm's. An AbortController has no `aborted`. */
function isSignal(value: unknown): boolean {
  return (
    isObject(value) &&
    "aborted" in value &&
    "addEventListener" in value &&
    typeof value.addEventListener === "function"
  );
}

function notMs(name: string, value: unknown): RangeError | TypeError {
  if (typeof value !== "number") return mustBe(name, "a number of ms", value);
  return new RangeError(`${name} is out of range: ${value} (ms, at most ${longestTimerMs})`);
}

function mustBe(name: string, what: string, value: unknown): TypeError {
  const { inspect } = process.getBuiltinModule("node:util");
  return new TypeError(`${name} must be ${what}, not ${inspect(value, { depth: 0 })}`);
}
