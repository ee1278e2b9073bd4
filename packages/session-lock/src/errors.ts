/** Why a lock was refused or lost. Codes are API: branch on them, not on messages or `instanceof`. */
export type SessionLockErrorCode =
  "TIMEOUT" | "ABORTED" | "LOST" | "RELEASED" | "REENTRANT" | "ENGINE_MISMATCH" | "INVALID_TARGET" | "IO";

/** Who holds a session's write lock, as its lock record tells it. */
export interface SessionLockHolder {
  /** Process id, in the holder's own pid namespace. */
  readonly pid: number;
  /** Host name as the holder sees it; `undefined` when the record is another tool's and names none. */
  readonly host: string | undefined;
  /** The `purpose` the holder passed, if any. */
  readonly purpose: string | undefined;
  /** When it acquired, in ms since 1970 by the holder's clock. */
  readonly acquiredAt: number;
  /** Fencing number of this ownership; `undefined` for another tool's record. */
  readonly epoch: number | undefined;
  /** Stack frames of the acquiring call; only recorded with `SESSION_LOCK_DEBUG=1`. */
  readonly where: string | undefined;
}

export interface SessionLockErrorDetails {
  readonly sessionFile?: string | undefined;
  readonly holder?: SessionLockHolder | undefined;
  readonly waitedMs?: number | undefined;
  readonly sameProcess?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The only error class of this package. */
export class SessionLockError extends Error {
  override readonly name = "SessionLockError";
  readonly code: SessionLockErrorCode;
  /** True when the same call may succeed later without any change (`TIMEOUT`). */
  readonly retryable: boolean;
  readonly sessionFile: string | undefined;
  /** Who held the lock when it was refused. */
  readonly holder: SessionLockHolder | undefined;
  /** How long the call waited, in ms. */
  readonly waitedMs: number | undefined;
  /** Whether the holder is a task of this very process. */
  readonly sameProcess: boolean | undefined;
  /** Suggested pause before the next try, in ms (`TIMEOUT`). */
  readonly retryAfterMs: number | undefined;

  constructor(code: SessionLockErrorCode, message: string, details: SessionLockErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = code === "TIMEOUT";
    this.sessionFile = details.sessionFile;
    this.holder = details.holder;
    this.waitedMs = details.waitedMs;
    this.sameProcess = details.sameProcess;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export function releasedError(sessionFile: string): SessionLockError {
  const message = `the write lock on ${sessionFile} was released; acquire it again to write`;
  return new SessionLockError("RELEASED", message, { sessionFile });
}

/** Why a lock is lost whose owner did not outstay its time. */
export const goneReason = "its lock file was replaced or removed";

export function lostError(sessionFile: string, reason: string, holder?: SessionLockHolder): SessionLockError {
  const message = `the write lock on ${sessionFile} was lost: ${reason}`;
  return new SessionLockError("LOST", message, { sessionFile, holder });
}

/** Whether a caught value is an error with this `code` (ours or the system's). */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Whether a caught value says that no descriptor was left to open anything with, which tells nothing of what was to be opened. */
export function isStarved(error: unknown): boolean {
  return hasCode(error, "EMFILE") || hasCode(error, "ENFILE");
}

/** Names the system call that failed and on what; keeps our own errors as they are. */
export function asLockError(error: unknown, doing: string, sessionFile: string): SessionLockError {
  if (error instanceof SessionLockError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new SessionLockError("IO", `cannot ${doing} for ${sessionFile}: ${reason}`, {
    sessionFile,
    cause: error,
  });
}
