import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import path from "node:path";
import { heldSessionWriteLock } from "session-lock";
import type { SessionWriteLock } from "session-lock";
import { AppendBatch } from "./append.ts";
import type { Durability, WriteRight } from "./append.ts";
import { unguardedPolicy } from "./config.ts";
import type { UnguardedPolicy } from "./config.ts";
import type { EntryDraft } from "./draft.ts";
import type { SessionEntry, SessionHeader } from "./entry.ts";
import { TranscriptError } from "./errors.ts";
import { newHeader } from "./header.ts";
import { piSessionFile } from "./pi-layout.ts";
import type { SessionIndex } from "./session-index.ts";
import { SessionLog } from "./session-log.ts";

/** What a `SessionManager` reads from and appends to. */
export interface EntryLog {
  /** Undefined for a session in memory. */
  readonly file: string | undefined;
  readonly header: SessionHeader;
  readonly leafId: string | undefined;
  index(): SessionIndex;
  /** Below the leaf where `parentId` is undefined. */
  append(draft: EntryDraft, parentId: string | null | undefined): SessionEntry;
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

const NO_RIGHT: WriteRight = { assertHeld: () => undefined };

/** A session file whose appends demand the write lock, and are done when they return. */
class GuardedLog implements EntryLog {
  readonly #log: SessionLog;
  readonly #guard: WriteGuard;

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

  index(): SessionIndex {
    return this.#log.index();
  }

  append(draft: EntryDraft, parentId: string | null | undefined): SessionEntry {
    const { durability = "fdatasync" } = this.#guard;
    using batch = AppendBatch.begin(this.#log, this.#right());
    const entry = batch.add(draft, parentId);
    batch.write();
    if (durability === "fdatasync") batch.syncNow();
    batch.acknowledge();
    return entry;
  }

  #right(): WriteRight {
    const { lock, unguarded = unguardedPolicy() } = this.#guard;
    const file = this.#log.path;
    if (lock === undefined) {
      const held = heldSessionWriteLock(file);
      if (held !== undefined) return held;
    } else if (lock.sessionFile === canonical(file)) {
      return lock;
    }
    const problem = lock ? `the lock given is for ${lock.sessionFile}` : "its write lock is not held";
    const message = `cannot write ${file}: ${problem}; write inside withSessionWriteLock(sessionFile, …)`;
    if (unguarded === "throw") throw new TranscriptError("UNLOCKED", message, { sessionFile: file });
    if (unguarded === "warn") process.emitWarning(message, { code: "SESSION_LOCK_UNGUARDED" });
    return NO_RIGHT;
  }
}

/** The session in `file`, or a new one there, which is made by the first append. */
export function openLog(file: string, cwd: string, guard: WriteGuard): EntryLog {
  const resolved = path.resolve(file);
  const log = SessionLog.open(resolved);
  return new GuardedLog(
    log ?? SessionLog.fresh(resolved, newHeader({ sessionId: randomUUID(), cwd })),
    guard,
  );
}

/** A new session in `folder`, in a file named after it, which is made by the first append. */
export function newLog(folder: string, header: SessionHeader, guard: WriteGuard): EntryLog {
  return new GuardedLog(SessionLog.fresh(piSessionFile(folder, header), header), guard);
}

/** The name a lock knows the file by: its folder's real path. The file itself is never a link. */
function canonical(file: string): string {
  return path.join(realpathSync(path.dirname(file)), path.basename(file));
}
