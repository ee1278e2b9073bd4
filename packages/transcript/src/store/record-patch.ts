import { randomUUID } from "node:crypto";
import path from "node:path";
import { TranscriptError } from "../errors.ts";
import { changedGroups, groupsOf, nextVersions, patchedFields } from "./field-groups.ts";
import { assertSessionId } from "./session-key.ts";
import type { SessionRecord, SessionRecordPatch } from "./session-record.ts";

/** The record that a caller decided on; `record: undefined` stands for there being none. */
export interface RecordExpectation {
  readonly record: SessionRecord | undefined;
}

/** What a record is changed within. */
export interface RecordPlace {
  readonly sessionKey: string;
  readonly folder: string;
  /** The epoch of the record's lock. */
  readonly epoch: number;
}

/** Throws `CONFLICT` when a group that the patch changes is another version than the caller saw. */
export function assertUnchanged(
  before: SessionRecord | undefined,
  patch: SessionRecordPatch,
  { record: seen }: RecordExpectation,
  sessionKey: string,
): void {
  const named = groupsOf(patchedFields(patch).map(([field]) => field));
  // A patch that makes a record sets its session, named or not.
  const groups = changedGroups(
    seen === undefined || before === undefined ? ["session", ...named] : named,
    seen,
    before,
  );
  if (groups.length === 0) return;
  const what = [...new Set(groups)];
  throw new TranscriptError(
    "CONFLICT",
    `the record of ${sessionKey} was changed since it was read (${what.join(", ")}); read it and decide again`,
    { groups: what },
  );
}

/** The record after a patch. Throws `INVALID_KEY` for a session id that cannot name a file. */
export function applyPatch(
  before: SessionRecord | undefined,
  patch: SessionRecordPatch,
  { sessionKey, folder, epoch }: RecordPlace,
): SessionRecord {
  const now = Date.now();
  const fields = patchedFields(patch);
  const sessionId = assertSessionId(patch.sessionId ?? before?.sessionId ?? randomUUID());
  const isSame = before?.sessionId === sessionId;
  const sessionFile =
    patch.sessionFile ?? (isSame ? before.sessionFile : path.join(folder, `${sessionId}.jsonl`));
  const changed: Record<string, unknown> = { ...before, ...Object.fromEntries(fields) };
  const kept = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
  return {
    ...kept,
    sessionKey,
    sessionId,
    sessionFile: path.resolve(folder, sessionFile),
    createdAt: before?.createdAt ?? pastTime(patch["createdAt"], now),
    updatedAt: before ? Math.max(now, before.updatedAt + 1) : pastTime(patch["updatedAt"], now),
    groupVersions: nextVersions(before, groupsOf(fields.map(([field]) => field)), epoch),
  };
}

/** True when the two do not stand for the same session in the same file. */
export function isRebound(before: SessionRecord, after: SessionRecord): boolean {
  return before.sessionId !== after.sessionId || before.sessionFile !== after.sessionFile;
}

/** A time that a record brings along from elsewhere; now for anything else, and for a time to come. */
function pastTime(time: unknown, now: number): number {
  return typeof time === "number" && time >= 0 && time <= now ? time : now;
}
