import { randomUUID } from "node:crypto";
import path from "node:path";
import { heldSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { AppendBatch } from "../append/append.ts";
import type { Durability } from "../append/durability.ts";
import { LockLooks } from "../append/write-right.ts";
import type { WriteRight } from "../append/write-right.ts";
import { unguardedPolicy } from "../config.ts";
import type { UnguardedPolicy } from "../config.ts";
import type { EntryDraft } from "../append/draft.ts";
import type { SessionHeader } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { canonicalPath } from "../file/canonical-path.ts";
import { encodeHeader, newHeader } from "../file/header.ts";
import { draftInterrupted } from "../append/interrupted.ts";
import { piSessionFile } from "./pi-layout.ts";
import type { PlacedEntry } from "../append/place-entry.ts";
import { piecesOf } from "../file/lines.ts";
import { keepRejected } from "../file/rejected.ts";
import { SessionFile } from "../file/session-file.ts";
import { replaceFile } from "../file/whole-file.ts";
import type { SessionIndex } from "../file/session-index.ts";
import { SessionLog } from "../file/session-log.ts";
import type { OpenSessionOptions } from "./session-options.ts";

/** What a `SessionManager` reads from and appends to. */
export interface EntryLog {
  /** Undefined for a session in memory. */
  readonly file: string | undefined;
  readonly header: SessionHeader;
  readonly leafId: string | undefined;
  index(): SessionIndex;
  /** False while the first append has still to make the file. */
  readonly isOnDisk: boolean;
  /** Takes in what others appended. */
  refresh(): void;
  /** Below the leaf where `parentId` is undefined. */
  append(draft: EntryDraft, parentId: string | null | undefined): PlacedEntry;
  /** Answers the tool calls that are open at the leaf as interrupted. */
  closeToolCalls(): readonly PlacedEntry[];
}

/** How a session file may be written. */
export interface WriteGuard {
  /** The lock under which to write. Default: the ambient one, else a live one of this process on the file. */
  readonly lock?: SessionWriteLock;
  /** What a write without a lock meets. Default: `SESSION_LOCK_UNGUARDED`, else `"throw"`. */
  readonly unguarded?: UnguardedPolicy;
  /** How durable an append is when it returns. Default: `"fdatasync"`. */
  readonly durability?: Durability;
}

const NO_RIGHT: WriteRight = { assertWritable: () => undefined, assertHeld: () => undefined };

/** A session file whose appends demand the write lock, and are done when they return. */
class GuardedLog implements EntryLog {
  readonly #log: SessionLog;
  readonly #guard: WriteGuard;
  readonly #looks = new LockLooks();

  constructor(log: SessionLog, guard: WriteGuard) {
    this.#log = log;
    this.#guard = guard;
  }

  get file(): string {
    return this.#log.path;
  }

  get header(): SessionHeader {
    return this.#log.header;
  }

  get leafId(): string | undefined {
    return this.#log.leafId;
  }

  get isOnDisk(): boolean {
    return this.#log.isOnDisk;
  }

  index(): SessionIndex {
    return this.#log.index();
  }

  refresh(): void {
    this.#log.refresh();
  }

  append(draft: EntryDraft, parentId: string | null | undefined): PlacedEntry {
    return this.#write((batch) => batch.add(draft, parentId));
  }

  closeToolCalls(): readonly PlacedEntry[] {
    return this.#write((batch) => batch.openCalls.map((call) => batch.add(draftInterrupted(call))));
  }

  #write<T>(fill: (batch: AppendBatch) => T): T {
    const { durability = "fdatasync" } = this.#guard;
    const lock = writeLock(this.#log.path, this.#guard);
    const batch = AppendBatch.begin(this.#log, lock ? this.#looks.rightOf(lock) : NO_RIGHT);
    try {
      const filled = fill(batch);
      batch.write();
      if (durability !== "os") batch.syncNow();
      batch.acknowledge();
      return filled;
    } finally {
      batch[Symbol.dispose]();
    }
  }
}

/** The session in `file`, or a new one there, which is made by the first append. Throws `NOT_A_SESSION` in pi's words. */
export function openLog(
  file: string,
  cwd: string,
  options: WriteGuard & Pick<OpenSessionOptions, "compat">,
): EntryLog {
  const { compat, ...guard } = options;
  const resolved = path.resolve(file);
  try {
    const log = SessionLog.open(resolved);
    return log
      ? new GuardedLog(log, guard)
      : freshLog(resolved, newHeader({ sessionId: randomUUID(), cwd }), guard);
  } catch (error) {
    if (!(error instanceof TranscriptError) || error.code !== "NOT_A_SESSION") throw error;
    if (compat === "0.73") return startOver(resolved, cwd, guard);
    const message = `Session file is not a valid pi session: ${resolved} (${error.message})`;
    throw new TranscriptError("NOT_A_SESSION", message, { sessionFile: resolved, cause: error });
  }
}

/** A session at exactly this path, which is made by the first append; nothing of what is there now is looked at. */
export function freshLog(file: string, header: SessionHeader, guard: WriteGuard): EntryLog {
  return new GuardedLog(SessionLog.fresh(file, header), guard);
}

/** A new session in `folder`, in a file named after it, which is made by the first append. */
export function newLog(folder: string, header: SessionHeader, guard: WriteGuard): EntryLog {
  return new GuardedLog(SessionLog.fresh(piSessionFile(folder, header), header), guard);
}

/** Puts a new session in the place of a file that is none, and keeps its bytes in `<file>.rej`. */
function startOver(path: string, cwd: string, guard: WriteGuard): EntryLog {
  const lock = writeLock(path, guard);
  lock?.assertHeld();
  using file = SessionFile.open(path, "read");
  const size = file?.stat().size ?? 0;
  keepRejected(path, file ? piecesOf(file, 0, size) : []);
  const header = newHeader({ sessionId: randomUUID(), cwd });
  replaceFile(path, encodeHeader(header), () => lock?.assertHeld());
  return openLog(path, cwd, guard);
}

/** The lock under which a file may be written now. Throws `UNLOCKED` when there is none and the policy asks for one. */
function writeLock(file: string, { lock, unguarded }: WriteGuard): SessionWriteLock | undefined {
  if (lock === undefined) {
    const held = heldSessionWriteLock(file);
    if (held !== undefined) return held;
  } else if (lock.sessionFile === canonicalPath(file)) {
    return lock;
  }
  const problem = lock ? `the lock given is for ${lock.sessionFile}` : "its write lock is not held";
  const message = `cannot write ${file}: ${problem}; write inside withSessionWriteLock(sessionFile, …)`;
  const policy = unguarded ?? unguardedPolicy();
  if (policy === "throw") throw new TranscriptError("UNLOCKED", message, { sessionFile: file });
  if (policy === "warn") process.emitWarning(message, { code: "SESSION_LOCK_UNGUARDED" });
  return undefined;
}
