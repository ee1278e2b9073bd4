import { performance } from "node:perf_hooks";
import path from "node:path";
import { acquireSessionWriteLock, SessionLockError, withSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { errnoOf, TranscriptError } from "../errors.ts";
import { readRecord } from "./record-file.ts";
import { ensureFolder } from "../file/ensure-folder.ts";
import { parseSessionKey, recordName } from "./session-key.ts";

/*
 * A key is bound to a session by its record, and nobody who appends for a key may append to a session that the key does
 * not stand for any more. Two rules hold that:
 *
 * - who appends for a key looks at the record while it holds the transcript's write lock, or knows what it would see
 *   (`boundCheck`);
 * - who binds a key anew, or deletes it, holds the write lock of the transcript it stood for.
 *
 * The order of the locks is transcript, then record. Looking at a record takes no lock, as records are replaced whole.
 * Nobody waits for a transcript while it holds a record, so nobody waits in a circle.
 */

/** A session key and the store where it is bound. */
export interface SessionBinding {
  readonly sessionKey: string;
  /** The folder of the session store. */
  readonly storePath: string;
}

/** The transcript that an append is about to go to. */
export interface BoundTranscript {
  readonly sessionFile: string;
  readonly sessionId: string;
}

export interface LockWait {
  /** For all locks together, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What came of a change under a record's lock: it is made, or it needs the lock of a transcript first. */
export type RecordChange<T> =
  { readonly kind: "made"; readonly value: T } | { readonly kind: "needs"; readonly sessionFile: string };

/** The locks that are held during a change. */
export interface RecordLocks {
  readonly epoch: number;
  /** The transcript whose lock is held too; it is the right one only if the record still names it. */
  readonly sessionFile: string | undefined;
  /** Throws when one of them is lost. */
  assertHeld(): void;
}

/** Call it while holding the transcript's write lock. Throws `UNBOUND` when the key stands for another session, or none. */
export function assertBound(
  { sessionKey, storePath }: SessionBinding,
  { sessionFile, sessionId }: BoundTranscript,
): void {
  const key = parseSessionKey(sessionKey).sessionKey;
  const record = readRecord(path.join(path.resolve(storePath), recordName(key)));
  if (record?.sessionId === sessionId && record.sessionFile === sessionFile) return;
  const now = record === undefined ? "no session" : `session ${record.sessionId}`;
  throw new TranscriptError(
    "UNBOUND",
    `${key} now stands for ${now}, not for ${sessionId} in ${sessionFile}`,
    {
      sessionFile,
    },
  );
}

/**
 * Runs `change` under the record's lock, and again under that of a transcript as well when it says that it needs it.
 * `change` is synchronous and writes nothing before it has the locks it needs.
 */
export async function changeRecord<T>(
  recordFile: string,
  change: (locks: RecordLocks) => RecordChange<T>,
  { timeoutMs, signal }: LockWait,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  const wait = () => ({ timeoutMs: Math.max(0, deadline - performance.now()), ...(signal && { signal }) });
  const attempt = (sessionFile: string | undefined, transcript: SessionWriteLock | undefined) =>
    withSessionWriteLock(
      recordFile,
      (record) => {
        const assertHeld = () => {
          transcript?.assertHeld();
          record.assertHeld();
        };
        return change({ epoch: record.epoch, sessionFile, assertHeld });
      },
      { purpose: "session record", ...wait() },
    );
  let outcome = await attempt(undefined, undefined);
  // Another turn is needed only when somebody else bound the key anew between two looks.
  while (outcome.kind === "needs") {
    const { sessionFile } = outcome;
    await using transcript = await lockTranscript(sessionFile, wait());
    const again = () => attempt(sessionFile, transcript);
    outcome = await (transcript === undefined ? again() : transcript.run(again));
    if (outcome.kind === "needs" && performance.now() > deadline)
      throw new TranscriptError("CONFLICT", `the key of ${recordFile} is bound anew again and again`);
  }
  return outcome.value;
}

/** Undefined where nobody can lock, and so nobody can append for a key: then there is nobody to keep out. */
async function lockTranscript(
  sessionFile: string,
  wait: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<SessionWriteLock | undefined> {
  try {
    // An append would make the folder too; without it there is no place for the lock.
    ensureFolder(path.dirname(sessionFile));
    return await acquireSessionWriteLock({ sessionFile, purpose: "bind session key", ...wait });
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}

const OUT_OF_REACH: ReadonlySet<string | undefined> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOTDIR",
  "ELOOP",
  "EEXIST",
]);

function isOutOfReach(error: unknown): boolean {
  if (error instanceof TranscriptError) return OUT_OF_REACH.has(error.errno);
  if (!(error instanceof SessionLockError)) return false;
  return error.code === "INVALID_TARGET" || (error.code === "IO" && OUT_OF_REACH.has(errnoOf(error.cause)));
}
