import { TranscriptError } from "../errors.ts";
import type { AgentMessage } from "../message.ts";

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

/** Throws `INVALID_MESSAGE` when `message` is not a message or not JSON, `INVALID_KEY` for a bad key. */
export function draftMessage(message: AgentMessage, idempotencyKey?: string): EntryDraft {
  assertMessage(message);
  assertKey(idempotencyKey);
  const keyed = idempotencyKey === undefined ? message : { ...message, idempotencyKey };
  return draftPlain("message", { message: keyed }, idempotencyKey);
}

/** Throws `INVALID_MESSAGE` when `data` is not JSON or cannot carry the key, `INVALID_KEY` for a bad key. */
export function draftCustom(customType: string, data: unknown, idempotencyKey?: string): EntryDraft {
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

function assertKey(key: string | undefined): void {
  if (key === undefined) return;
  if (key === "" || key.length > MAX_KEY_LENGTH) {
    throw new TranscriptError("INVALID_KEY", `an idempotency key has 1 to ${MAX_KEY_LENGTH} characters`);
  }
}

function assertMessage(message: unknown): void {
  if (typeof message !== "object" || message === null || !("role" in message)) {
    throw new TranscriptError("INVALID_MESSAGE", "a message is an object with a role");
  }
  const { role } = message;
  if (typeof role !== "string" || role === "") {
    throw new TranscriptError("INVALID_MESSAGE", "a message's role is a non-empty string");
  }
  const hasContent =
    "content" in message && (typeof message.content === "string" || Array.isArray(message.content));
  if ((role === "user" || role === "assistant" || role === "toolResult") && !hasContent) {
    throw new TranscriptError("INVALID_MESSAGE", `a ${role} message needs content: text or a list of blocks`);
  }
}
