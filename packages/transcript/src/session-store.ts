import { randomUUID } from "node:crypto";
import { readdir, readFile, unlink } from "node:fs/promises";
import path from "node:path";
import { withSessionWriteLock } from "session-lock";
import { homeFolder } from "./config.ts";
import { asIoError, errnoOf, TranscriptError } from "./errors.ts";
import { ensureFolder, replaceFile } from "./session-file.ts";
import { assertAgentId, assertSessionId, parseSessionKey, recordName } from "./session-key.ts";
import { encodeRecord, parseRecord } from "./session-record.ts";
import type { SessionRecord, SessionRecordPatch } from "./session-record.ts";

/** The records of one agent's sessions: one small file per session key, each behind its own write lock. */
export interface SessionStore {
  /** The folder, absolute. Transcripts made by `ensure` are in it too. */
  readonly storePath: string;
  /** Throws `INVALID_KEY`, and `INVALID_RECORD` when the record's file cannot be read as one. */
  get(sessionKey: string): Promise<SessionRecord | undefined>;
  /**
   * Changes a record, or makes it. `mutate` is given the record as it is on disk and runs under its lock: keep it short
   * and synchronous. It returns the fields to change, or undefined to leave all as it is. Returns the record after it.
   */
  update(
    sessionKey: string,
    mutate: (record: SessionRecord | undefined) => SessionRecordPatch | undefined,
  ): Promise<SessionRecord | undefined>;
  /** All records, the latest change first. A file that is no record is left out, with a process warning. */
  list(): Promise<readonly SessionRecord[]>;
  /** Forgets the key; its transcript stays. False when there was no record. */
  delete(sessionKey: string): Promise<boolean>;
  /** The record, made with a fresh session id and file path on first use. The transcript itself is not made. */
  ensure(sessionKey: string): Promise<SessionRecord>;
}

/** `<SESSION_LOCK_HOME or ~/.session-lock>/agents/<agentId>/sessions`. Default agent: `main`. Throws `INVALID_KEY`. */
export function defaultStorePath(agentId = "main"): string {
  return path.join(homeFolder(), "agents", assertAgentId(agentId), "sessions");
}

/** Opens a store. Touches nothing; the folder is made, with mode 0700, by the first write. */
export function openSessionStore(storePath: string): SessionStore {
  const folder = path.resolve(storePath);
  const fileOf = (sessionKey: string) => path.join(folder, recordName(sessionKey));

  async function get(sessionKey: string): Promise<SessionRecord | undefined> {
    const { sessionKey: key } = parseSessionKey(sessionKey);
    const record = await readRecord(fileOf(key), folder);
    if (record === undefined || record.sessionKey === key) return record;
    throw new TranscriptError("INVALID_RECORD", `${fileOf(key)} is the record of another session key`, {
      sessionFile: fileOf(key),
    });
  }

  const update: SessionStore["update"] = async (sessionKey, mutate) => {
    const { sessionKey: key } = parseSessionKey(sessionKey);
    const file = fileOf(key);
    ensureFolder(folder);
    return withSessionWriteLock(
      file,
      async (lock) => {
        const before = await get(key);
        const patch = mutate(before);
        if (patch === undefined) return before;
        const after = applyPatch(key, before, patch, folder);
        lock.assertHeld();
        replaceFile(file, encodeRecord(after, folder));
        return after;
      },
      { purpose: "session record" },
    );
  };

  async function ensure(sessionKey: string): Promise<SessionRecord> {
    const existing = await get(sessionKey);
    if (existing) return existing;
    const made = await update(sessionKey, (record) => (record ? undefined : {}));
    if (made) return made;
    throw new TranscriptError("IO", `no record was made for ${sessionKey}`);
  }

  async function list(): Promise<readonly SessionRecord[]> {
    const names = await readdir(folder).catch((error: unknown) => {
      if (errnoOf(error) === "ENOENT") return []; // nothing was stored yet
      throw asIoError(error, "list", folder);
    });
    const records: SessionRecord[] = [];
    for (const name of names.filter((candidate) => /^[0-9a-f]{64}\.json$/.test(candidate))) {
      const record = await readRecord(path.join(folder, name), folder).catch(warnAboutRecord);
      if (record) records.push(record);
    }
    return records.sort((a, b) => b.updatedAt - a.updatedAt);
  }

  async function remove(sessionKey: string): Promise<boolean> {
    const file = fileOf(parseSessionKey(sessionKey).sessionKey);
    ensureFolder(folder);
    return withSessionWriteLock(
      file,
      async (lock) => {
        lock.assertHeld();
        return unlink(file).then(
          () => true,
          (error: unknown) => {
            if (errnoOf(error) === "ENOENT") return false;
            throw asIoError(error, "delete", file);
          },
        );
      },
      { purpose: "delete session record" },
    );
  }

  return { storePath: folder, get, update, list, delete: remove, ensure };
}

async function readRecord(file: string, folder: string): Promise<SessionRecord | undefined> {
  try {
    return parseRecord(await readFile(file, "utf8"), folder, file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw asIoError(error, "read", file);
  }
}

function warnAboutRecord(error: unknown): undefined {
  if (!(error instanceof TranscriptError) || error.code !== "INVALID_RECORD") throw error;
  process.emitWarning(error.message, { code: error.code });
}

function applyPatch(
  sessionKey: string,
  before: SessionRecord | undefined,
  patch: SessionRecordPatch,
  folder: string,
): SessionRecord {
  const now = Date.now();
  const sessionId = assertSessionId(patch.sessionId ?? before?.sessionId ?? randomUUID());
  const sessionFile = patch.sessionFile ?? before?.sessionFile ?? path.join(folder, `${sessionId}.jsonl`);
  const changed: Record<string, unknown> = { ...before, ...patch };
  const kept = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
  return {
    ...kept,
    sessionKey,
    sessionId,
    sessionFile: path.resolve(folder, sessionFile),
    createdAt: before?.createdAt ?? now,
    updatedAt: Math.max(now, (before?.updatedAt ?? 0) + 1),
  };
}
