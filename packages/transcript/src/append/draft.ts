import { TranscriptError } from "../errors.ts";
import type { AgentMessage } from "../message.ts";
import { assertMessage } from "./message-shape.ts";

/** Where an entry goes. Known only under the lock. */
interface Place {
  readonly id: string;
  readonly parentId: string | null;
  readonly timestamp: string;
}

/** An entry that has been checked and encoded, but not placed. */
export interface EntryDraft {
  readonly idempotencyKey: string | undefined;
  /** The id that its message has on the branch, where that was chosen before. */
  readonly id?: string;
  /** The line to write, with its newline. */
  encode(place: Place): string;
}

const MAX_KEY_LENGTH = 512;

/** A message that came while tool calls were open: kept in a `custom` entry until they are answered. */
export const DEFERRED = "session-lock.deferred";
/** A tool result whose call is not open (any more): kept in a `custom` entry for good. */
export const LATE_RESULT = "session-lock.late-result";
const KEPT_TYPES: ReadonlySet<string> = new Set([DEFERRED, LATE_RESULT]);

/** Throws `INVALID_MESSAGE` for what is no message (see `assertMessage`) or no JSON, `INVALID_KEY` for a bad key. */
export function draftMessage(message: AgentMessage, idempotencyKey?: string): EntryDraft {
  assertMessage(message);
  assertKey(idempotencyKey);
  const keyed = idempotencyKey === undefined ? message : { ...message, idempotencyKey };
  return draftPlain("message", { message: keyed }, idempotencyKey);
}

/**
 * Throws `INVALID_MESSAGE` when `data` is not JSON or cannot carry the key, and for a type that is none or by which
 * readers take an entry for a message that waits; `INVALID_KEY` for a bad key.
 */
export function draftCustom(customType: string, data: unknown, idempotencyKey?: string): EntryDraft {
  assertCustomType(customType);
  return draftOwn(customType, data, idempotencyKey);
}

/** As `draftCustom`, of any type. */
export function draftOwn(customType: string, data: unknown, idempotencyKey?: string): EntryDraft {
  assertKey(idempotencyKey);
  return draftExtension("custom", { customType, data: keyedData(data, idempotencyKey) }, idempotencyKey);
}

/** `type, id, parentId, timestamp, …fields`, the order pi writes. */
export function draftPlain(type: string, fields: object, idempotencyKey?: string): EntryDraft {
  const head = `{"type":${JSON.stringify(type)},`;
  const body = bodyOf(fields);
  const tail = body === "" ? "}\n" : `,${body}}\n`;
  return { idempotencyKey, encode: (place) => `${head}${placeIn(place)}${tail}` };
}

/** `type, …fields, id, parentId, timestamp`, the order pi writes for extension entries. */
export function draftExtension(type: string, fields: object, idempotencyKey?: string): EntryDraft {
  const head = `{"type":${JSON.stringify(type)},${bodyOf(fields)},`;
  return { idempotencyKey, encode: (place) => `${head}${placeIn(place)}}\n` };
}

function placeIn({ id, parentId, timestamp }: Place): string {
  return `"id":${JSON.stringify(id)},"parentId":${JSON.stringify(parentId)},"timestamp":"${timestamp}"`;
}

/** The JSON of an object without its braces. */
function bodyOf(fields: object): string {
  try {
    return JSON.stringify(fields).slice(1, -1);
  } catch (cause) {
    throw new TranscriptError("INVALID_MESSAGE", `the entry cannot be written as JSON: ${String(cause)}`, {
      cause,
    });
  }
}

function keyedData(data: unknown, idempotencyKey: string | undefined): unknown {
  if (idempotencyKey === undefined) return data;
  if (data !== undefined && (typeof data !== "object" || data === null || Array.isArray(data))) {
    throw new TranscriptError(
      "INVALID_MESSAGE",
      "the data of a custom entry with an idempotency key must be an object",
    );
  }
  return { ...data, idempotencyKey };
}

function assertCustomType(customType: unknown): void {
  if (typeof customType === "string" && !KEPT_TYPES.has(customType)) return;
  const message = `${JSON.stringify(customType)} is no type for a custom entry of yours`;
  throw new TranscriptError("INVALID_MESSAGE", message);
}

function assertKey(key: unknown): void {
  if (key === undefined) return;
  if (typeof key !== "string" || key === "" || key.length > MAX_KEY_LENGTH) {
    throw new TranscriptError("INVALID_KEY", `an idempotency key has 1 to ${MAX_KEY_LENGTH} characters`);
  }
}
