import { TranscriptError } from "../errors.ts";
import { SessionFile } from "./session-file.ts";
import { readHeader } from "./tail.ts";

/**
 * Checks by its header that a file holds this session, or nothing yet. Throws `SESSION_MISMATCH` for another session's,
 * `NOT_A_SESSION` or `UNSUPPORTED_VERSION` for what cannot be a session's at all.
 */
export function assertHolds(sessionFile: string, sessionId: string): void {
  using file = SessionFile.open(sessionFile, "read");
  const size = file?.stat().size ?? 0;
  if (file === undefined || size === 0) return;
  const { id } = readHeader(file, size, sessionFile);
  if (id === sessionId) return;
  throw new TranscriptError("SESSION_MISMATCH", `${sessionFile} holds session ${id}, not ${sessionId}`, {
    sessionFile,
  });
}

/** True when a file certainly holds another session's entries. What cannot be read may be mended, and is nobody else's. */
export function holdsAnother(sessionFile: string, sessionId: string): boolean {
  try {
    assertHolds(sessionFile, sessionId);
    return false;
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    return error.code === "SESSION_MISMATCH";
  }
}
