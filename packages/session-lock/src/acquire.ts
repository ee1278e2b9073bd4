import { performance } from "node:perf_hooks";
import type { BriefSessionWriteLock } from "./brief-lock.ts";
import { callSite } from "./call-site.ts";
import { hasCode, SessionLockError } from "./errors.ts";
import type { FileLock } from "./file-lock.ts";
import { fileLock, knownFileLock } from "./file-locks.ts";
import { readOptions } from "./options.ts";
import type { AcquireSessionWriteLockOptions, LockRequest, SessionWriteLockOptions } from "./options.ts";
import { enter, isAtWork, isOwnedLock, nestedHold } from "./owned-lock.ts";
import type { OwnedLock } from "./owned-lock.ts";
import { ownedInScope } from "./scope.ts";
import type { SessionWriteLock } from "./session-write-lock.ts";
import { abortedError, timeoutError } from "./waiter.ts";
import { warn } from "./warning.ts";

/**
 * Runs `fn` as the only writer of a session file, among all tasks, threads and processes of the machine, and releases
 * afterwards. Inside `fn`, acquiring the same file again re-enters, or fails with `LOST` once the right was lost. Rejects with `LOST` if that was
 * before `fn` ended, even if `fn` did not notice.
 */
export async function withSessionWriteLock<T>(
  sessionFile: string,
  fn: (lock: SessionWriteLock) => T | Promise<T>,
  options: SessionWriteLockOptions = {},
): Promise<T> {
  const lock = await acquireOwned({ ...options, sessionFile });
  let result: T;
  try {
    result = await lock[enter](() => fn(lock));
    assertNotLost(lock);
  } catch (error) {
    // The caller is told what went wrong first; the lock is let go as soon as that is possible.
    await lock.release().catch((late: unknown) => warn("SESSION_LOCK_RELEASE", String(late)));
    throw error;
  }
  await lock.release();
  return result;
}

/**
 * Takes the write lock of a session file and returns a handle on it; release it in a `finally` or with `await using`.
 * The handle does not make the caller the ambient owner: use `lock.run(fn)` or pass `within: lock` to nest.
 */
export function acquireSessionWriteLock(options: AcquireSessionWriteLockOptions): Promise<SessionWriteLock> {
  return acquireOwned(options);
}

async function acquireOwned(options: AcquireSessionWriteLockOptions): Promise<OwnedLock> {
  const request = readOptions(options);
  if (request.signal?.aborted === true) throw abortedError(options.sessionFile, request.signal);
  const file = fileLock(options.sessionFile, request);
  const owned = reentered(file, request);
  if (owned !== undefined) return owned;
  const asked = { request, where: callSite(acquireOwned), since: performance.now() };
  const isBehind = request.timeoutMs > 0 && file.owesOthers(asked.since);
  const lock = isBehind ? undefined : file.tryGrant(asked);
  if (lock !== undefined) return lock;
  if (request.timeoutMs === 0) throw timeoutError(file.sessionFile, 0, 0, file.describeHolder());
  return file.wait(asked, isBehind);
}

/**
 * Runs `fn` as the only writer of a session file, at once and to its end, and returns what it returned; for writes that
 * are over as soon as they begin. Returns `undefined`, without having called `fn`, where the lock is not to be had this instant,
 * where the calling scope owns it, and where this process has had it for its turn and others are to go first: then
 * `acquireSessionWriteLock` is the way. Never waits, cannot be revoked, and makes nobody the ambient owner.
 *
 * `fn` returns an object, which tells that it was called, and no promise: that is a `TypeError`, with the lock let go. What goes wrong in letting go
 * becomes the process warning `SESSION_LOCK_RELEASE`. Throws what `fn` throws, `INVALID_TARGET`, `ENGINE_MISMATCH`, `IO`, and `LOST` where the
 * calling scope owned the lock and has lost it.
 */
export function tryWithSessionWriteLock<T extends object>(
  sessionFile: string,
  fn: (lock: BriefSessionWriteLock) => T,
): T | undefined {
  const file = fileLock(sessionFile, anyEngine);
  ownedInScope(file.sessionFile)?.assertHeld();
  const result = file.runNow(callSite(tryWithSessionWriteLock), fn);
  if (result instanceof Promise) {
    result.catch(() => undefined); // the caller gets an error already
    throw new TypeError("fn must not return a promise: the lock is let go as it returns");
  }
  return result;
}

const anyEngine = { engine: undefined };

/** Takes the lock if that is possible this instant, else returns `undefined`. Synchronous; never waits. */
export function tryAcquireSessionWriteLock(
  options: AcquireSessionWriteLockOptions,
): SessionWriteLock | undefined {
  const request = readOptions(options);
  const file = fileLock(options.sessionFile, request);
  const owned = reentered(file, request);
  if (owned !== undefined) return owned;
  return file.tryGrant({ request, where: callSite(tryAcquireSessionWriteLock), since: performance.now() });
}

/**
 * The lock under which the caller may write the file now: that of its own async scope, else a live handle of this
 * process, else `undefined`. A lock that is at work in somebody else's scope (`withSessionWriteLock`, `lock.run`) is
 * known to be theirs and does not count.
 */
export function heldSessionWriteLock(sessionFile: string): SessionWriteLock | undefined {
  const file = knownFileLock(sessionFile);
  if (file === undefined) return undefined;
  const owned = ownedInScope(file.sessionFile);
  if (owned !== undefined) return owned.held ? owned : undefined;
  const handle = file.liveHandle;
  return handle !== undefined && isAtWork(handle) ? undefined : handle;
}

/** Letting go early is fine; having been robbed is not. */
function assertNotLost(lock: SessionWriteLock): void {
  try {
    lock.assertHeld();
  } catch (error) {
    if (!hasCode(error, "RELEASED")) throw error;
  }
}

function reentered(file: FileLock, request: LockRequest): OwnedLock | undefined {
  const owned = ownerOf(file, request);
  if (owned === undefined) return undefined;
  owned.assertHeld();
  if (request.allowReentrant !== false) return nestedHold(owned);
  throw new SessionLockError(
    "REENTRANT",
    `the caller already owns the write lock on ${file.sessionFile} and asked not to re-enter it`,
    { sessionFile: file.sessionFile, ...file.describeHolder() },
  );
}

function ownerOf(file: FileLock, request: LockRequest): OwnedLock | undefined {
  const { within } = request;
  if (within !== undefined) {
    if (within.sessionFile !== file.sessionFile || !isOwnedLock(within))
      throw new SessionLockError(
        "INVALID_TARGET",
        `within is a lock on ${within.sessionFile}, not on ${file.sessionFile}`,
        {
          sessionFile: file.sessionFile,
        },
      );
    return within;
  }
  const owned = ownedInScope(file.sessionFile);
  if (owned !== undefined || request.allowReentrant !== "process") return owned;
  return file.liveHandle;
}
