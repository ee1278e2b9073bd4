/**
 * What went wrong, for callers to branch on.
 *
 * - `UNLOCKED` a write was asked for without the session write lock
 * - `NOT_A_SESSION` the path is not a session file (no valid header, a link, a folder, a device); it was left untouched
 * - `UNSUPPORTED_VERSION` a session of a format version that this operation does not know
 * - `NOT_FOUND` there is no such session file
 * - `CONFLICT` the leaf, or the record, is not the one the caller expected; nothing was written
 * - `INVALID_MESSAGE` the message or data cannot be stored; nothing was written
 * - `INVALID_KEY` a session key, agent id or idempotency key that is not allowed
 * - `INVALID_RECORD` a record file of the session store that cannot be read
 * - `SESSION_MISMATCH` the file belongs to another session
 * - `UNBOUND` the session key that the append is for stands for another session by now, or for none; nothing was written
 * - `CLOSED` the transcript was closed
 * - `DEGRADED` the session's disk takes no appends, and this one cannot wait in the spill file as it depends on the branch
 * - `IO` the file system refused; `errno` says how (`ENOSPC`, `EIO`, …) and nothing was acknowledged
 */
export type TranscriptErrorCode =
  | "UNLOCKED"
  | "NOT_A_SESSION"
  | "UNSUPPORTED_VERSION"
  | "NOT_FOUND"
  | "CONFLICT"
  | "INVALID_MESSAGE"
  | "INVALID_KEY"
  | "INVALID_RECORD"
  | "SESSION_MISMATCH"
  | "UNBOUND"
  | "CLOSED"
  | "DEGRADED"
  | "IO";

/** The facts of a failure, as far as they are known. */
export interface TranscriptErrorFacts {
  /** The session (or record) file concerned. */
  readonly sessionFile?: string;
  /** The groups of record fields that changed meanwhile. */
  readonly groups?: readonly string[];
  readonly cause?: unknown;
}

/** The one error this package throws by itself. `SessionLockError` from `session-lock` passes through unchanged. */
export class TranscriptError extends Error {
  override readonly name = "TranscriptError";
  readonly code: TranscriptErrorCode;
  readonly sessionFile: string | undefined;
  /** The system's error name (`ENOSPC`, `EIO`, `EACCES`, …) where the cause has one. */
  readonly errno: string | undefined;
  /** Of a `CONFLICT` in the session store: the groups of fields that were changed since the record was read. */
  readonly groups: readonly string[] | undefined;

  constructor(code: TranscriptErrorCode, message: string, facts: TranscriptErrorFacts = {}) {
    super(message, { cause: facts.cause });
    this.code = code;
    this.sessionFile = facts.sessionFile;
    this.errno = facts.cause instanceof TranscriptError ? facts.cause.errno : errnoOf(facts.cause);
    this.groups = facts.groups;
  }
}

/** The `code` of a system error, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Turns a system error into an `IO` error; anything else, of the lock too, is returned as it is. */
export function asIoError(error: unknown, action: string, sessionFile: string): unknown {
  if (errnoOf(error) === undefined || !(error instanceof Error)) return error;
  if (error instanceof TranscriptError || error.name === "SessionLockError") return error;
  return new TranscriptError("IO", `cannot ${action} ${sessionFile}: ${error.message}`, {
    sessionFile,
    cause: error,
  });
}
