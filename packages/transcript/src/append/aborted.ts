import { SessionLockError } from "session-lock";

/** What an append fails with whose wait for the lock was ended by its signal. */
export function abortedError(sessionFile: string, signal: AbortSignal): SessionLockError {
  return new SessionLockError("ABORTED", `waiting for the write lock on ${sessionFile} was aborted`, {
    sessionFile,
    cause: signal.reason,
  });
}
