import type { CustomMessageEntry, SessionEntryBase } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { jsonOf } from "../file/json.ts";
import { MAX_LINE_BYTES } from "../file/lines.ts";
import type { AgentMessage } from "../message.ts";
import { shapeOf } from "./message-shape.ts";

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
  /** Known to be what `PlacedEntry.isPlain` says, so that its line need not be looked through. */
  readonly isPlain?: boolean;
  /** The line to write, with its newline. */
  encode(place: Place): string;
}

const MAX_KEY_LENGTH = 512;
/** Leaves room for the entry's place, and for what is around a message that waits for tool calls. */
const MAX_BODY_BYTES = MAX_LINE_BYTES - 64 * 1024;

/** A message that came while tool calls were open: kept in a `custom` entry until they are answered. */
export const DEFERRED = "session-lock.deferred";
/** A tool result whose call is not open (any more): kept in a `custom` entry for good. */
export const LATE_RESULT = "session-lock.late-result";
const KEPT_TYPES: ReadonlySet<string> = new Set([DEFERRED, LATE_RESULT]);

/**
 * Throws `INVALID_MESSAGE` for what is no message (see `shapeOf`), no JSON, or longer than any line that is read;
 * `INVALID_KEY` for a bad key.
 */
export function draftMessage(message: AgentMessage, idempotencyKey?: string): EntryDraft {
  const shape = shapeOf(message);
  assertKey(idempotencyKey);
  const written = shape.writesItself ? asWritten(message) : message;
  const { isSpeech } = shape.writesItself ? shapeOf(written) : shape;
  const keyed = idempotencyKey === undefined ? written : { ...written, idempotencyKey };
  return plain("message", assertedBody({ message: keyed }), idempotencyKey, isSpeech);
}

/** As `draftMessage`, of a message of an extension. */
export function draftCustomMessage(fields: Omit<CustomMessageEntry, keyof SessionEntryBase>): EntryDraft {
  shapeOf({ role: "custom", content: fields.content });
  return extension("custom_message", assertedBody(fields));
}

/**
 * Throws `INVALID_MESSAGE` when `data` is not JSON or cannot carry the key, and for a type that is none or by which
 * readers take an entry for a message that waits; `INVALID_KEY` for a bad key.
 */
export function draftCustom(customType: string, data: unknown, idempotencyKey?: string): EntryDraft {
  assertCustomType(customType);
  assertKey(idempotencyKey);
  const body = assertedBody({ customType, data: keyedData(data, idempotencyKey) });
  return extension("custom", body, idempotencyKey);
}

/** Around an entry that was checked already, so that this cannot fail: others may be in the same batch. */
export function draftOwn(customType: string, data: object, idempotencyKey?: string): EntryDraft {
  return draftStored("custom", { customType, data: keyedData(data, idempotencyKey) }, idempotencyKey);
}

/** Of fields that came from JSON, which may be nested deeper than `JSON.stringify` goes: a thread with a larger stack wrote them. */
export function draftStored(type: string, fields: object, idempotencyKey?: string): EntryDraft {
  const isExtension = type === "custom_message" || type === "custom";
  return (isExtension ? extension : plain)(type, jsonOf(fields).slice(1, -1), idempotencyKey);
}

/** `type, id, parentId, timestamp, …fields`, the order pi writes. */
export function draftPlain(type: string, fields: object, idempotencyKey?: string): EntryDraft {
  return plain(type, bodyOf(fields), idempotencyKey);
}

const MESSAGE_HEAD = '{"type":"message",';

function plain(type: string, body: string, idempotencyKey?: string, isPlain = false): EntryDraft {
  const head = type === "message" ? MESSAGE_HEAD : `{"type":${JSON.stringify(type)},`;
  const tail = body === "" ? "}\n" : `,${body}}\n`;
  return { idempotencyKey, isPlain, encode: (place) => `${head}${placeIn(place)}${tail}` };
}

/** `type, …fields, id, parentId, timestamp`, the order pi writes for extension entries. */
function extension(type: string, body: string, idempotencyKey?: string): EntryDraft {
  const head = `{"type":${JSON.stringify(type)},${body},`;
  return { idempotencyKey, encode: (place) => `${head}${placeIn(place)}}\n` };
}

const SIMPLE = /^[\w-]*$/;
/** An entry's parent is nearly always the entry that was written last. */
let lastQuoted = "";

/** As `JSON.stringify`, which takes as long as the rest of a line for the ids that there are. */
function quoted(id: string): string {
  if (id !== lastQuoted && !SIMPLE.test(id)) return JSON.stringify(id);
  lastQuoted = id;
  return `"${id}"`;
}

function placeIn({ id, parentId, timestamp }: Place): string {
  return `"id":${quoted(id)},"parentId":${parentId === null ? "null" : quoted(parentId)},"timestamp":"${timestamp}"`;
}

/** Throws `INVALID_MESSAGE` for fields that are no JSON or too long to be read. */
export function assertBody(fields: object): void {
  assertedBody(fields);
}

/** As `bodyOf`. Throws for what would make a line that nobody reads. */
function assertedBody(fields: object): string {
  const body = bodyOf(fields);
  // A character is three bytes at most, so most are not counted.
  if (body.length * 3 <= MAX_BODY_BYTES || Buffer.byteLength(body) <= MAX_BODY_BYTES) return body;
  throw new TranscriptError("INVALID_MESSAGE", `an entry has at most ${MAX_BODY_BYTES} bytes`);
}

/** What the message says of itself when it is written, which need not be what it is. */
function asWritten(message: AgentMessage): AgentMessage {
  const { written } = JSON.parse(`{${bodyOf({ written: message })}}`) as { readonly written: AgentMessage };
  return written;
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
