import { lstatSync } from "node:fs";
import { chainEnd } from "./engines/claim-chain.ts";
import { main } from "./engines/kernel.ts";
import { loadKernelLocks } from "./engines/kernel-locks.ts";
import { listLocksOn } from "./engines/kernel-table.ts";
import type { ListedLock } from "./engines/kernel-table.ts";
import { readLockFile, withLockFile } from "./engines/lock-file.ts";
import { places, allWaiting } from "./engines/wait-table.ts";
import { isLeftToOthers, isUnclaimed } from "./engines/lock-folder.ts";
import { marksIn } from "./engines/folder-queue.ts";
import { asLockError } from "./errors.ts";
import type { SessionLockHolder } from "./errors.ts";
import { knownFileLock } from "./file-locks.ts";
import { isOfTheDead, livenessOf } from "./liveness.ts";
import type { EngineName } from "./options.ts";
import { identity } from "./owner.ts";
import { stateOf } from "./process-table.ts";
import { holderOf } from "./record.ts";
import type { LockRecord } from "./record.ts";
import { canonicalSessionFile, lockPathOf } from "./target.ts";

/** What a session's lock is doing right now, as seen from outside. */
export interface SessionLockStatus {
  readonly sessionFile: string;
  readonly lockPath: string;
  /**
   * - `free`: whoever asks gets it (an unlocked lock file, or a lock folder whose maker was killed at once, may be lying there).
   * - `held`: by `holder`, or by somebody whose record cannot be read.
   * - `leftover`: its owner is dead; whoever asks takes it over.
   * - `unknown`: in lists only: the entry is no session lock, or cannot be looked at; see `problem`.
   */
  readonly state: "free" | "held" | "leftover" | "unknown";
  /** Whose protocol the lock path speaks; `undefined` when there is nothing. `foreign`: another tool's. */
  readonly engine: EngineName | "foreign" | undefined;
  /** The holder, or for a leftover the dead owner. */
  readonly holder: SessionLockHolder | undefined;
  /** By the holder's clock, in ms. */
  readonly heldMs: number | undefined;
  /** Whether a task of this process holds it. */
  readonly sameProcess: boolean;
  /** Whether the holder's process is known to run on this machine. */
  readonly isLocal: boolean;
  /** Processes of this machine that wait; `undefined` where the system does not tell. */
  readonly waiting: readonly number[] | undefined;
  /** Why the state is `unknown`. */
  readonly problem: string | undefined;
}

/** Looks at the lock of one session file without taking it or getting in its way. Throws `INVALID_TARGET`, `IO`. */
export function inspectSessionLock(sessionFile: string): SessionLockStatus {
  return inspectCanonical(canonicalSessionFile(sessionFile));
}

/** As `inspectSessionLock`, of a path that is canonical already or was found in a folder. `listed`: the kernel's locks, if they were listed before. */
export function inspectCanonical(sessionFile: string, listed?: readonly ListedLock[]): SessionLockStatus {
  try {
    return look(sessionFile, listed);
  } catch (error) {
    throw asLockError(error, "look at the lock", sessionFile);
  }
}

function look(sessionFile: string, listed: readonly ListedLock[] | undefined): SessionLockStatus {
  const lockPath = lockPathOf(sessionFile);
  const sameProcess = knownFileLock(sessionFile)?.isHeld === true;
  const found = lstatSync(lockPath, { throwIfNoEntry: false });
  const seen =
    found === undefined
      ? nothing
      : found.isDirectory()
        ? lookAtFolder(lockPath)
        : lookAtFile(lockPath, listed);
  const { holder } = seen;
  const heldMs =
    seen.state === "held" && holder !== undefined ? Math.max(0, Date.now() - holder.acquiredAt) : undefined;
  return { sessionFile, lockPath, ...seen, heldMs, sameProcess, problem: undefined };
}

type Seen = Pick<SessionLockStatus, "state" | "engine" | "holder" | "isLocal" | "waiting">;

const nothing: Seen = { state: "free", engine: undefined, holder: undefined, isLocal: false, waiting: [] };

function lookAtFolder(lockPath: string): Seen {
  const end = chainEnd(lockPath);
  const record = end?.record;
  const waiting = [...new Set(marksIn(lockPath).map(({ pid }) => pid))].filter(isAlive);
  if (isLeftToOthers(lockPath, end) || isUnclaimed(lockPath))
    return { state: "free", engine: "lockfile", holder: undefined, isLocal: false, waiting };
  if (record?.kind !== "ours")
    return { state: "held", engine: "foreign", holder: undefined, isLocal: false, waiting };
  const liveness = livenessOf(record.owner, identity());
  return {
    state: liveness === "dead" ? "leftover" : "held",
    engine: "lockfile",
    holder: holderOf(record),
    isLocal: liveness === "alive",
    waiting,
  };
}

/** A mark that somebody waits outlives a process that was killed, and may be another host's. */
function isAlive(pid: number): boolean {
  return Number.isInteger(pid) && stateOf(pid) !== "gone";
}

function lookAtFile(lockPath: string, listed: readonly ListedLock[] | undefined): Seen {
  const found = withLockFile(lockPath, (file) => ({
    // Before the record, which whoever takes the lock writes right after: else a new owner's lock would count as the last one's.
    locks: listLocksOn(file, listed),
    record: readLockFile(file.fd),
    changedAt: file.changedAt,
    waiting: allWaiting(file.fd),
  }));
  if (found === undefined) return nothing;
  const { locks, record, changedAt, waiting } = found;
  if (record.kind !== "ours") return lookAtForeignFile(record, changedAt);
  const isHeld = locks === undefined ? isLockedByProbe(lockPath) : isLocked(locks, main);
  return {
    state: isHeld ? "held" : "free",
    engine: "kernel",
    holder: isHeld ? holderOf(record) : undefined,
    isLocal: isHeld && livenessOf(record.owner, identity()) === "alive",
    waiting: locks && [
      ...new Set(waiting.filter(({ index }) => isLocked(locks, places + index)).map(({ pid }) => pid)),
    ],
  };
}

/** By who has locked that byte alone: with the next one too it is locked by who removes the file. */
function isLocked(locks: readonly ListedLock[], byte: number): boolean {
  return locks.some(({ start, end, waiting }) => start === byte && end === byte && !waiting);
}

function lookAtForeignFile(record: Exclude<LockRecord, { kind: "ours" }>, changedAt: number): Seen {
  const gone = isOfTheDead(record, changedAt);
  return {
    state: gone ? "leftover" : "held",
    engine: "foreign",
    holder: holderOf(record),
    isLocal: record.kind === "foreign" && !gone,
    waiting: undefined,
  };
}

/** Where the system lists no locks: take it for an instant. */
function isLockedByProbe(lockPath: string): boolean {
  const locks = loadKernelLocks();
  return locks !== undefined && withLockFile(lockPath, ({ fd }) => !locks.tryLock(fd, main, 1)) === true;
}
