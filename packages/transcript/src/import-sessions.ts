import path from "node:path";
import { isFields } from "./context/fields.ts";
import { asIoError, errnoOf, TranscriptError } from "./errors.ts";
import { applyPatch } from "./store/record-patch.ts";
import { SessionFile } from "./file/session-file.ts";
import { assertHolds } from "./file/session-identity.ts";
import { parseSessionKey } from "./store/session-key.ts";
import { encodeRecord } from "./store/session-record.ts";
import type { SessionRecordPatch } from "./store/session-record.ts";
import type { SessionStore } from "./session-store.ts";

/** What became of each session key of an imported file. */
export interface ImportedSessions {
  /** The keys that have a record now, or in a dry run would have, as this package names them. */
  readonly imported: readonly string[];
  /** The keys that had a record already, which stays as it is. */
  readonly existing: readonly string[];
  /** The records that cannot be taken over, by their keys in the file. */
  readonly refused: readonly { readonly sessionKey: string; readonly reason: string }[];
}

export interface ImportOptions {
  /** Whose sessions those without an agent in their key are. Default: `main`. */
  readonly agentId?: string;
  /** Only say what would become of each. Writes nothing. Default: false. */
  readonly dryRun?: boolean;
}

/** Longer than any that a program could have written as one string. */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Takes over OpenClaw's `sessions.json`, one object with a record per session key, into a store, or into the stores that
 * a function names for each agent. The file and its transcripts are only read; the records point to the transcripts
 * where they are.
 *
 * Every field is kept, also those that only a run uses (`modelOverride`, token counts, …). What is wrong with one record
 * stops no other, and an import may be repeated. Throws `NOT_FOUND`, `IO`, or `INVALID_RECORD` when the file is no such object.
 */
export async function importSessions(
  sessionsFile: string,
  store: SessionStore | ((agentId: string) => SessionStore),
  { agentId = "main", dryRun = false }: ImportOptions = {},
): Promise<ImportedSessions> {
  const folder = path.dirname(path.resolve(sessionsFile));
  const imported: string[] = [];
  const existing: string[] = [];
  const refused: { sessionKey: string; reason: string }[] = [];
  const records = readSessions(sessionsFile);
  // Of two names for one key the one used last counts, which comes last.
  const names = new Map(records.map(([sessionKey]) => [fullKey(sessionKey, agentId), sessionKey]));
  for (const [sessionKey, fields] of records) {
    try {
      const key = parseSessionKey(fullKey(sessionKey, agentId));
      const name = names.get(key.sessionKey);
      if (name !== sessionKey)
        throw new TranscriptError("CONFLICT", `${name ?? ""} is the same key and was used later`);
      const target = typeof store === "function" ? store(key.agentId) : store;
      const patch = patchOf(fields, folder);
      const isNew = await (dryRun ? wouldBeNew : takeOver)(target, key.sessionKey, patch);
      (isNew ? imported : existing).push(key.sessionKey);
    } catch (error) {
      if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
      refused.push({ sessionKey, reason: error.message });
    }
  }
  return { imported, existing, refused };
}

/** False when there was a record. */
async function takeOver(store: SessionStore, key: string, patch: SessionRecordPatch): Promise<boolean> {
  const found = { isNew: false };
  await store.update(key, (record) => {
    found.isNew = record === undefined;
    return found.isNew ? patch : undefined;
  });
  return found.isNew;
}

/** As `takeOver`, with all its checks and without its effects. */
async function wouldBeNew(store: SessionStore, key: string, patch: SessionRecordPatch): Promise<boolean> {
  if ((await store.get(key)) !== undefined) return false;
  const record = applyPatch(undefined, patch, { sessionKey: key, folder: store.storePath, epoch: 0 });
  encodeRecord(record, store.storePath);
  assertHolds(record.sessionFile, record.sessionId);
  return true;
}

function fullKey(sessionKey: string, agentId: string): string {
  return sessionKey.startsWith("agent:") ? sessionKey : `agent:${agentId}:${sessionKey}`;
}

function patchOf(fields: unknown, folder: string): SessionRecordPatch {
  if (!isFields(fields) || typeof fields["sessionId"] !== "string")
    throw new TranscriptError("INVALID_RECORD", "it has no session id");
  const { sessionId, sessionFile } = fields;
  return {
    ...fields,
    sessionId,
    sessionFile: path.resolve(folder, typeof sessionFile === "string" ? sessionFile : `${sessionId}.jsonl`),
  };
}

/** The least recently used first. */
function readSessions(file: string): [string, unknown][] {
  let value: unknown;
  try {
    value = JSON.parse(textOf(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw asIoError(error, "read", file);
    throw notSessions(file, error);
  }
  if (!isFields(value)) throw notSessions(file, undefined);
  return Object.entries(value).sort(([, one], [, other]) => usedAt(one) - usedAt(other));
}

function textOf(file: string): string {
  using opened = SessionFile.open(file, "read");
  if (opened === undefined)
    throw new TranscriptError("NOT_FOUND", `there is no ${file}`, { sessionFile: file });
  const { size } = opened.stat();
  if (size > MAX_BYTES) throw notSessions(file, undefined);
  return opened.read(0, size).toString("utf8");
}

function usedAt(record: unknown): number {
  const updatedAt = isFields(record) ? record["updatedAt"] : undefined;
  return typeof updatedAt === "number" ? updatedAt : 0;
}

function notSessions(file: string, cause: unknown): TranscriptError {
  const message = `${file} is not a sessions.json: one object, a record per session key`;
  return new TranscriptError("INVALID_RECORD", message, { sessionFile: file, cause });
}
