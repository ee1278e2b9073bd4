import { statSync } from "node:fs";
import type { Session } from "./session.ts";

/** Sessions that nobody uses and that are kept open, and the bytes of their transcripts: an open one is in memory. */
const MAX_IDLE_SESSIONS = 100;
const MAX_IDLE_BYTES = 64 * 1024 * 1024;

/**
 * Those of the idle sessions, the one used last at the end, that are to be closed: what was idle longest. The one used last
 * stays whatever its size, as it is the likeliest to be used next.
 */
export function surplusOf<S extends { readonly bytes: number }>(idle: readonly S[]): readonly S[] {
  let bytes = 0;
  const isTooMuch = (session: S, before: number): boolean => {
    bytes += session.bytes;
    return before >= MAX_IDLE_SESSIONS || (before > 0 && bytes > MAX_IDLE_BYTES);
  };
  const lastFirst = idle.toReversed();
  const end = lastFirst.findIndex(isTooMuch);
  return end < 0 ? [] : lastFirst.slice(end);
}

/** Bytes of a session's transcript; 0 where nobody can look, which whoever uses the session is told of. */
export function bytesOf(session: Pick<Session, "transcript"> | undefined): number {
  if (session === undefined) return 0;
  try {
    return statSync(session.transcript.sessionFile, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}
