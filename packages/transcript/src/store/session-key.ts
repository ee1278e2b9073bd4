import { createHash } from "node:crypto";
import { textOr } from "../context/fields.ts";
import { TranscriptError } from "../errors.ts";

/** A session key taken apart. */
export interface ParsedSessionKey {
  /** The full form: `agent:<agentId>:<rest>`. */
  readonly sessionKey: string;
  readonly agentId: string;
}

const MAX_KEY_LENGTH = 512;
const AGENT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const SESSION_ID = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/;
// Control characters, and half surrogate pairs, which UTF-8 cannot tell apart.
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/**
 * Reads a session key: `agent:<agentId>:<rest>`, or `main`, which is short for `agent:main:main`.
 *
 * Throws `INVALID_KEY` for anything else: more than 512 characters, control characters, lone surrogates, a bad agent id.
 */
export function parseSessionKey(sessionKey: string): ParsedSessionKey {
  const full = sessionKey === "main" ? "agent:main:main" : textOr("", sessionKey);
  const [prefix, agentId, ...rest] = full.split(":");
  const isWellFormed = full.length <= MAX_KEY_LENGTH && !FORBIDDEN.test(full);
  if (!isWellFormed || prefix !== "agent" || agentId === undefined || rest.join(":") === "") {
    throw new TranscriptError("INVALID_KEY", "a session key is agent:<agentId>:<rest>, or main");
  }
  return { sessionKey: full, agentId: assertAgentId(agentId) };
}

/** Throws `INVALID_KEY` unless it is 1 to 64 letters, digits, `_` or `-`, a letter or digit first. */
export function assertAgentId(agentId: string): string {
  if (AGENT_ID.test(textOr("", agentId))) return agentId;
  throw new TranscriptError(
    "INVALID_KEY",
    "an agent id is 1 to 64 letters, digits, _ or -, a letter or digit first",
  );
}

/** Throws `INVALID_KEY`, in pi's words, unless the id may stand in a file name; also for one of more than 128 characters. */
export function assertSessionId(sessionId: string): string {
  // A pattern would take a number for its digits.
  if (SESSION_ID.test(textOr("", sessionId))) return sessionId;
  throw new TranscriptError(
    "INVALID_KEY",
    "Session id must be non-empty, contain only alphanumeric characters, '-', '_', and '.', and start and end with an alphanumeric character",
  );
}

/** As `assertSessionId`, under pi's name. */
export function assertValidSessionId(id: string): void {
  assertSessionId(id);
}

/** The file name of a key's record: different keys never share one, whatever characters they are made of. */
export function recordName(sessionKey: string): string {
  return `${createHash("sha256").update(sessionKey, "utf8").digest("hex")}.json`;
}
