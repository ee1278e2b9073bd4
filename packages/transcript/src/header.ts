import { TranscriptError } from "./errors.ts";
import type { SessionHeader } from "./entry.ts";

/** The format version this package writes. */
export const CURRENT_SESSION_VERSION = 3;

/** What a new session starts with. */
export interface NewSession {
  readonly sessionId: string;
  readonly cwd: string;
  readonly parentSession?: string | undefined;
}

export function newHeader({ sessionId, cwd, parentSession }: NewSession): SessionHeader {
  return {
    type: "session",
    version: CURRENT_SESSION_VERSION,
    id: sessionId,
    timestamp: new Date().toISOString(),
    cwd,
    ...(parentSession === undefined ? {} : { parentSession }),
  };
}

export function encodeHeader(header: SessionHeader): string {
  return `${JSON.stringify(header)}\n`;
}

/**
 * Reads the first line of a session file.
 *
 * Throws `NOT_A_SESSION` for anything else than a session header, `UNSUPPORTED_VERSION` for a version later than ours:
 * later versions give the leaf another meaning, and a wrong leaf would fork the session at the next append.
 */
export function parseHeader(line: string, sessionFile: string): SessionHeader {
  let value: unknown;
  try {
    value = JSON.parse(line.trim());
  } catch (cause) {
    throw new TranscriptError("NOT_A_SESSION", `${sessionFile} does not begin with a session header`, {
      sessionFile,
      cause,
    });
  }
  if (!isHeader(value)) {
    throw new TranscriptError("NOT_A_SESSION", `${sessionFile} does not begin with a session header`, {
      sessionFile,
    });
  }
  if (versionOf(value) > CURRENT_SESSION_VERSION) {
    throw new TranscriptError(
      "UNSUPPORTED_VERSION",
      `${sessionFile} is a session of version ${versionOf(value)}; this package knows versions 1 to ${CURRENT_SESSION_VERSION}`,
      { sessionFile },
    );
  }
  return value;
}

export function versionOf(header: SessionHeader): number {
  return header.version ?? 1;
}

function isHeader(value: unknown): value is SessionHeader {
  if (typeof value !== "object" || value === null || !("type" in value) || !("id" in value)) return false;
  const isVersioned = !("version" in value) || typeof value.version === "number";
  return value.type === "session" && typeof value.id === "string" && value.id !== "" && isVersioned;
}
