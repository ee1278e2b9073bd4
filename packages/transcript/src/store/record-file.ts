import { readdirSync } from "node:fs";
import path from "node:path";
import { asIoError, errnoOf, TranscriptError } from "../errors.ts";
import { SessionFile } from "../file/session-file.ts";
import { removeFile, replaceFile } from "../file/whole-file.ts";
import { encodeRecord, MAX_RECORD_BYTES, notARecord, parseRecord } from "./session-record.ts";
import type { SessionRecord } from "./session-record.ts";

// Shared by every copy of this package in the process, so that each knows of the changes of all.
const CHANGES = Symbol.for("@session-lock/transcript.record-changes.1");

/** How many records this process has changed, or tried to, so far. */
export function recordChanges(): number {
  const count: unknown = Reflect.get(globalThis, CHANGES);
  return typeof count === "number" ? count : 0;
}

/**
 * The record in a file of the store, undefined when there is none. Synchronous, so that whoever holds a lock can look
 * without letting others in between. Throws `INVALID_RECORD` or `IO`.
 */
export function readRecord(file: string): SessionRecord | undefined {
  try {
    using opened = SessionFile.open(file, "read");
    if (opened === undefined) return undefined;
    const { size } = opened.stat();
    if (size > MAX_RECORD_BYTES) throw notARecord(file, undefined);
    return parseRecord(opened.read(0, size).toString("utf8"), path.dirname(file), file);
  } catch (error) {
    if (error instanceof TranscriptError && error.code === "NOT_A_SESSION") throw notARecord(file, error);
    throw asIoError(error, "read", file);
  }
}

/** Puts the record in the place of what is there, whole and durable. `assertHeld` is asked at the last moment. */
export function writeRecord(file: string, record: SessionRecord, assertHeld: () => void): void {
  countChange();
  replaceFile(file, encodeRecord(record, path.dirname(file)), assertHeld);
}

/** False when there was none. */
export function removeRecord(file: string): boolean {
  countChange();
  return removeFile(file);
}

/** The files of a store that are records by their names. */
export function recordFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
    return names.map((name) => path.join(folder, name));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return []; // nothing was stored yet
    throw asIoError(error, "list", folder);
  }
}

function countChange(): void {
  Reflect.set(globalThis, CHANGES, recordChanges() + 1);
}
