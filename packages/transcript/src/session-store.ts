import { randomUUID } from "node:crypto";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { homeFolder } from "./config.ts";
import { TranscriptError } from "./errors.ts";
import { readRecord, recordFiles, removeRecord, writeRecord } from "./store/record-file.ts";
import { applyPatch, assertUnchanged, isRebound } from "./store/record-patch.ts";
import { changeRecord } from "./store/session-binding.ts";
import type { LockWait } from "./store/session-binding.ts";
import { ensureFolder } from "./file/ensure-folder.ts";
import { assertHolds, holdsAnother } from "./file/session-identity.ts";
import { assertAgentId, parseSessionKey, recordName } from "./store/session-key.ts";
import { assertPatch } from "./store/session-record.ts";
import type { SessionRecord, SessionRecordPatch } from "./store/session-record.ts";

/** How a change of a record waits for its turn. */
export interface RecordWaitOptions {
  /** Give up after this long, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export interface UpdateRecordOptions extends RecordWaitOptions {
  /**
   * The record that the change was decided on: fails with `CONFLICT` when one of the field groups that the patch changes
   * was changed since. Other groups may have changed. Given as undefined it stands for a key without a record.
   */
  readonly expectedRecord?: SessionRecord | undefined;
}

export interface DeleteRecordOptions extends RecordWaitOptions {
  /**
   * Given the record under its lock, once or twice; what it throws keeps the record. One that cannot be read is not
   * looked at.
   */
  readonly check?: (record: SessionRecord) => void;
}

/**
 * The records of one agent's sessions: one small file per session key, each behind its own write lock.
 *
 * Every method throws `INVALID_KEY` for what is no session key. Who waits too long gets the `SessionLockError` of the lock.
 */
export interface SessionStore {
  /** The folder, absolute. Transcripts made by `ensure` are in it too. */
  readonly storePath: string;
  /** Throws `INVALID_RECORD` when the record's file cannot be read as one. */
  get(sessionKey: string): Promise<SessionRecord | undefined>;
  /**
   * Changes a record, or makes it. `mutate` is given the record as it is on disk and runs under its lock: keep it short,
   * and free of effects, as it runs a second time where the first one showed that the key is to be bound to another
   * session. It returns the fields to change, or undefined to leave all as it is. Returns the record after it.
   * Throws `INVALID_RECORD`, `INVALID_KEY` for what would be no record; nothing was written then.
   *
   * Binding a key to another session waits for the write lock of the old transcript, and fails with `SESSION_MISMATCH`
   * or `NOT_A_SESSION` when the new file holds another session, or something else.
   */
  update(
    sessionKey: string,
    mutate: (record: SessionRecord | undefined) => SessionRecordPatch | undefined,
    options?: UpdateRecordOptions,
  ): Promise<SessionRecord | undefined>;
  /** All records, the latest change first. One that cannot be read is left out, with a process warning. */
  list(): Promise<readonly SessionRecord[]>;
  /** Forgets the key, under the write lock of its transcript, which stays. False when there was no record. */
  delete(sessionKey: string, options?: DeleteRecordOptions): Promise<boolean>;
  /**
   * The record, made with a fresh session id and file path on first use. The transcript itself is not made.
   *
   * Where the transcript's header says that the file is another session's, the key begins a new session instead: with a
   * process warning `SESSION_MISMATCH`, and with what it was bound to in the record's field `lostSession`.
   */
  ensure(sessionKey: string): Promise<SessionRecord>;
}

const PATIENCE_MS = 10_000;
const RECORDS_A_TURN = 100;

/** `<SESSION_LOCK_HOME or ~/.session-lock>/agents/<agentId>/sessions`. Default agent: `main`. Throws `INVALID_KEY`, and `IO` where there is no home folder. */
export function defaultStorePath(agentId = "main"): string {
  return path.join(homeFolder(), "agents", assertAgentId(agentId), "sessions");
}

/** Opens a store. Touches nothing; the folder is made, with mode 0700, by the first write. */
export function openSessionStore(storePath: string): SessionStore {
  const folder = path.resolve(storePath);
  const fileOf = (key: string) => path.join(folder, recordName(key));

  const get: SessionStore["get"] = (sessionKey) =>
    new Promise((resolve) => {
      const { sessionKey: key } = parseSessionKey(sessionKey);
      resolve(recordOf(key, fileOf(key)));
    });

  const update: SessionStore["update"] = async (sessionKey, mutate, options = {}) => {
    const { sessionKey: key } = parseSessionKey(sessionKey);
    const file = fileOf(key);
    ensureFolder(folder);
    const expected = Object.hasOwn(options, "expectedRecord")
      ? { record: options.expectedRecord }
      : undefined;
    return changeRecord<SessionRecord | undefined>(
      file,
      (locks) => {
        const before = recordOf(key, file);
        const patch = mutate(before);
        if (patch === undefined) return { kind: "made", value: before };
        assertPatch(patch, key);
        if (expected) assertUnchanged(before, patch, expected, key);
        const after = applyPatch(before, patch, { sessionKey: key, folder, epoch: locks.epoch });
        if (before === undefined || isRebound(before, after)) {
          assertHolds(after.sessionFile, after.sessionId);
          if (before && before.sessionFile !== locks.sessionFile)
            return { kind: "needs", sessionFile: before.sessionFile };
        }
        writeRecord(file, after, () => locks.assertHeld());
        return { kind: "made", value: after };
      },
      waitOf(options),
    );
  };

  async function ensure(sessionKey: string): Promise<SessionRecord> {
    const existing = await get(sessionKey);
    if (existing && !isLost(existing)) return existing;
    const sessionId = randomUUID();
    const made = await update(sessionKey, (record) => {
      if (record === undefined) return {};
      if (!isLost(record)) return undefined;
      return { sessionId, lostSession: { sessionId: record.sessionId, sessionFile: record.sessionFile } };
    });
    if (made === undefined) throw new TranscriptError("IO", `no record was made for ${sessionKey}`);
    if (made.sessionId === sessionId) tellOfLoss(made, existing?.sessionFile);
    return made;
  }

  async function list(): Promise<readonly SessionRecord[]> {
    const records: SessionRecord[] = [];
    for (const [at, file] of recordFiles(folder).entries()) {
      const record = readOrWarn(file);
      if (record) records.push(record);
      if (at % RECORDS_A_TURN === RECORDS_A_TURN - 1) await nextTurn();
    }
    return records.sort((a, b) => b.updatedAt - a.updatedAt);
  }

  async function remove(sessionKey: string, options: DeleteRecordOptions = {}): Promise<boolean> {
    const file = fileOf(parseSessionKey(sessionKey).sessionKey);
    ensureFolder(folder);
    return changeRecord<boolean>(
      file,
      (locks) => {
        const record = readable(file);
        const bound = record?.sessionFile;
        if (record !== undefined) options.check?.(record);
        if (bound !== locks.sessionFile && bound !== undefined) return { kind: "needs", sessionFile: bound };
        locks.assertHeld();
        return { kind: "made", value: removeRecord(file) };
      },
      waitOf(options),
    );
  }

  return { storePath: folder, get, update, list, delete: remove, ensure };
}

function waitOf({ timeoutMs = PATIENCE_MS, signal }: RecordWaitOptions): LockWait {
  return { timeoutMs, signal };
}

function recordOf(key: string, file: string): SessionRecord | undefined {
  const record = readRecord(file);
  if (record === undefined || record.sessionKey === key) return record;
  throw new TranscriptError("INVALID_RECORD", `${file} is the record of another session key`, {
    sessionFile: file,
  });
}

/** The record names a file that is another session's by now: to go on there would be to show one person another's words. */
function isLost({ sessionFile, sessionId }: SessionRecord): boolean {
  return holdsAnother(sessionFile, sessionId);
}

function tellOfLoss({ sessionKey, sessionId }: SessionRecord, lostFile: string | undefined): void {
  const message = `${lostFile ?? "its file"} holds another session than that of ${sessionKey}, which begins anew as ${sessionId}`;
  process.emitWarning(message, { code: "SESSION_MISMATCH" });
}

/** What is wrong with one record concerns no other. */
function readOrWarn(file: string): SessionRecord | undefined {
  try {
    return readRecord(file);
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    process.emitWarning(error.message, { code: error.code });
    return undefined;
  }
}

/** A record that cannot be read binds nothing, and can be deleted all the same. */
function readable(file: string): SessionRecord | undefined {
  try {
    return readRecord(file);
  } catch (error) {
    if (error instanceof TranscriptError && error.code === "INVALID_RECORD") return undefined;
    throw error;
  }
}
