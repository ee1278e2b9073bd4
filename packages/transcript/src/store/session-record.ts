import path from "node:path";
import { isFields } from "../context/fields.ts";
import { TranscriptError } from "../errors.ts";

/** What is known about one session key. Fields this package does not know are kept. */
export interface SessionRecord {
  readonly sessionKey: string;
  readonly sessionId: string;
  /** The absolute path of the transcript. */
  readonly sessionFile: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; later than before after every change. */
  readonly updatedAt: number;
  /** For each group of fields the number of its last change, by which `expectedRecord` knows what changed since. */
  readonly groupVersions: Readonly<Record<string, number>>;
  readonly label?: string;
  readonly [field: string]: unknown;
}

/**
 * Fields to set. A field set to undefined goes away; fields left out stay as they are. `sessionKey` and `groupVersions`
 * are the store's own; so are `createdAt` and `updatedAt`, but for a patch that makes a record of earlier times.
 */
export interface SessionRecordPatch {
  /** Binds the key to another session. Without a `sessionFile` it gets a new file in the store. */
  readonly sessionId?: string;
  readonly sessionFile?: string;
  readonly label?: string | undefined;
  readonly [field: string]: unknown;
}

/** A longer record is neither written nor read. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** Throws `INVALID_RECORD` unless a mutator returned fields, and at once: nobody waits for it under the lock. */
export function assertPatch(patch: unknown, sessionKey: string): void {
  const isPatch = isFields(patch) && !("then" in patch && typeof patch["then"] === "function");
  if (isPatch && typeof (patch["sessionFile"] ?? "") === "string") return;
  const fault = isPatch
    ? "sessionFile is a path"
    : "a change is an object of fields to set, no promise of one";
  throw new TranscriptError("INVALID_RECORD", `the record of ${sessionKey} was not changed: ${fault}`);
}

/** The record's bytes. A transcript inside the store is named relative to it, so that the folder can be moved. */
export function encodeRecord(record: SessionRecord, storePath: string): string {
  const relative = path.relative(storePath, record.sessionFile);
  const isInside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  const fields = { ...record, sessionFile: isInside ? relative : record.sessionFile };
  const text = jsonOf(fields, record.sessionKey);
  if (Buffer.byteLength(text) <= MAX_RECORD_BYTES) {
    // What its reader would refuse is never written.
    parseRecord(text, storePath, `what was to be the record of ${record.sessionKey}`);
    return text;
  }
  const message = `the record of ${record.sessionKey} would have more than ${MAX_RECORD_BYTES} bytes`;
  throw new TranscriptError("INVALID_RECORD", message);
}

/** Throws `INVALID_RECORD` for anything that is not a record. */
export function parseRecord(text: string, storePath: string, file: string): SessionRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notARecord(file, cause);
  }
  if (!isRecord(value)) throw notARecord(file, undefined);
  const { groupVersions }: { readonly groupVersions: unknown } = value;
  return {
    ...value,
    sessionFile: path.resolve(storePath, value.sessionFile),
    // Without versions a group begins to have one with its next change.
    groupVersions: areVersions(groupVersions) ? groupVersions : {},
  };
}

export function notARecord(file: string, cause: unknown): TranscriptError {
  return new TranscriptError("INVALID_RECORD", `${file} is not a session record`, {
    sessionFile: file,
    cause,
  });
}

function jsonOf(fields: object, sessionKey: string): string {
  try {
    return `${JSON.stringify(fields, undefined, 2)}\n`;
  } catch (cause) {
    throw new TranscriptError("INVALID_RECORD", `the record of ${sessionKey} is not JSON`, { cause });
  }
}

/** `groupVersions` is not asked for: the caller puts its own in the place of missing ones. */
function isRecord(value: unknown): value is SessionRecord {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return (
    ["sessionKey", "sessionId", "sessionFile"].every((name) => typeof fields[name] === "string") &&
    ["createdAt", "updatedAt"].every((name) => typeof fields[name] === "number")
  );
}

function areVersions(value: unknown): value is SessionRecord["groupVersions"] {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((version) => typeof version === "number")
  );
}
