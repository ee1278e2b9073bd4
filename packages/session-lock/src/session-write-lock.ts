/**
 * A held write lock, or a nested hold of one. Release it, or let `await using` do so.
 *
 * States: **held** → **released** (by `release()`) or **lost** (max hold exceeded, lock broken by an operator, lock
 * file taken away). Both ends are final.
 */
export interface SessionWriteLock extends AsyncDisposable {
  /** Canonical path of the session file. */
  readonly sessionFile: string;
  /** Fencing number: greater than that of every owner before. */
  readonly epoch: number;
  readonly purpose: string | undefined;
  /** Aborts when the right to write is lost; its reason is the `LOST` error. Not aborted by a release. */
  readonly signal: AbortSignal;
  /** Whether this handle may still write, as far as memory knows. `assertHeld()` asks the disk too. */
  readonly held: boolean;
  /** Throws `LOST` or `RELEASED` unless the lock is still ours in memory, in time and on disk. Call it before each write and before acknowledging one. */
  assertHeld(): void;
  /** Runs `fn` as the owner: acquires inside it, also after awaits, re-enter this lock. */
  run<T>(fn: () => T | Promise<T>): Promise<T>;
  /** Ends this hold. Idempotent. The lock is free once every hold of it has ended. */
  release(): Promise<void>;
}
