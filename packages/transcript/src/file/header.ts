import { TranscriptError } from "../errors.ts";
import type { SessionHeader } from "../entry.ts";
import { withoutMark } from "./byte-order-mark.ts";

/** The format version this package writes. */
export const CURRENT_SESSION_VERSION = 3;

/** The newest one it reads and continues, which is OpenClaw's. */
const NEWEST_SESSION_VERSION = 4;

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
 * Throws `NOT_A_SESSION` for anything else than a session header. Throws `UNSUPPORTED_VERSION` for a version that we do
 * not know, which may give the leaf another meaning, so that the next append would fork the session; and for the store that
 * pi-agent-core had for a while, whose version 4 is another one than OpenClaw's.
 */
export function parseHeader(line: string, sessionFile: string): SessionHeader {
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(line));
  } catch (cause) {
    throw new TranscriptError("NOT_A_SESSION", `${sessionFile} does not begin with a session header`, {
      sessionFile,
      cause,
    });
  }
  if (isLaneStore(value)) {
    throw new TranscriptError(
      "UNSUPPORTED_VERSION",
      `${sessionFile} is a store of pi-agent-core 0.84 to 0.87, which no other program reads; export the session with the version that wrote it and open what it exports`,
      { sessionFile },
    );
  }
  if (!isHeader(value)) {
    throw new TranscriptError("NOT_A_SESSION", `${sessionFile} does not begin with a session header`, {
      sessionFile,
    });
  }
  if (!isKnownVersion(versionOf(value))) {
    throw new TranscriptError(
      "UNSUPPORTED_VERSION",
      `${sessionFile} is a session of version ${versionOf(value)}; this package knows versions 1 to ${NEWEST_SESSION_VERSION}; open it with one that knows it`,
      { sessionFile },
    );
  }
  return value;
}

/** The folder the session was started in, undefined where the header does not say it. */
export function cwdIn(header: SessionHeader): string | undefined {
  const cwd: unknown = header.cwd;
  return typeof cwd === "string" && cwd !== "" ? cwd : undefined;
}

export function versionOf(header: SessionHeader): number {
  return header.version ?? 1;
}

function isKnownVersion(version: number): boolean {
  return Number.isInteger(version) && version >= 1 && version <= NEWEST_SESSION_VERSION;
}

function isHeader(value: unknown): value is SessionHeader {
  if (typeof value !== "object" || value === null || !("type" in value) || !("id" in value)) return false;
  const isVersioned = !("version" in value) || typeof value.version === "number";
  return value.type === "session" && typeof value.id === "string" && value.id !== "" && isVersioned;
}

/** The first line of pi-agent-core's store of lanes: `{"kind":"header","version":4,…}`. */
function isLaneStore(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "header";
}
