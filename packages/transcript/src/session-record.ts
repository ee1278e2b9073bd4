import path from "node:path";
import { TranscriptError } from "./errors.ts";

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
  readonly label?: string;
  readonly [field: string]: unknown;
}

/** Fields to set. A field set to undefined goes away; fields left out stay as they are. */
export interface SessionRecordPatch {
  readonly sessionId?: string;
  readonly sessionFile?: string;
  readonly label?: string | undefined;
  readonly [field: string]: unknown;
}

/** The record's bytes. A transcript inside the store is named relative to it, so that the folder can be moved. */
export function encodeRecord(record: SessionRecord, storePath: string): string {
  const relative = path.relative(storePath, record.sessionFile);
  const isInside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  const fields = { ...record, sessionFile: isInside ? relative : record.sessionFile };
  try {
    return `${JSON.stringify(fields, undefined, 2)}\n`;
  } catch (cause) {
    throw new TranscriptError("INVALID_RECORD", `the record of ${record.sessionKey} is not JSON`, { cause });
  }
}

/** Throws `INVALID_RECORD` for anything that is not a record. */
export function parseRecord(text: string, storePath: string, file: string): SessionRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TranscriptError("INVALID_RECORD", `${file} is not a session record`, {
      sessionFile: file,
      cause,
    });
  }
  if (!isRecord(value)) {
    throw new TranscriptError("INVALID_RECORD", `${file} is not a session record`, { sessionFile: file });
  }
  return { ...value, sessionFile: path.resolve(storePath, value.sessionFile) };
}

function isRecord(value: unknown): value is SessionRecord {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return (
    ["sessionKey", "sessionId", "sessionFile"].every((name) => typeof fields[name] === "string") &&
    ["createdAt", "updatedAt"].every((name) => typeof fields[name] === "number")
  );
}
