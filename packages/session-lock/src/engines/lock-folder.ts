import { linkSync, lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import type { Stats } from "node:fs";
import type { EngineTarget } from "../engine.ts";
import { hasCode, SessionLockError } from "../errors.ts";
import type { SessionLockHolder } from "../errors.ts";
import { isLocal } from "../file-system.ts";
import { isOfEarlierBoot, livenessOf } from "../liveness.ts";
import { identity } from "../owner.ts";
import { stateOf } from "../process-table.ts";
import { processWide } from "../process-wide.ts";
import { holderOf, parseRecord } from "../record.ts";
import type { LockRecord, Owner } from "../record.ts";
import { giveFolderToOwnerOf } from "../same-owner.ts";
import { chainEnd, hasLeft, readEntry } from "./claim-chain.ts";
import type { ChainEnd, Vacancy } from "./claim-chain.ts";
import { firstMark } from "./folder-queue.ts";

/** Whether a lock folder that exists may be taken, and as whose successor. */
export type Verdict =
  /** `holder`: the nonce of the owner that was found. */
  | { readonly kind: "busy"; readonly holder?: string }
  | (Vacancy & {
      readonly kind: "free";
      /** The last epoch recorded there. */
      readonly epoch: number;
      readonly from: "nobody" | "dead" | "suspect";
    });

/** The sticky bit. */
const ourMark = 0o1000;
/** A lock folder of ours gets its record within this time from the last step to it, or whoever comes gives it one, in ms. */
const claimMs = 100;

type JudgedTarget = Pick<EngineTarget, "lockPath" | "sessionFile">;

const busy: Verdict = { kind: "busy" };

/** Judges what stands at the lock path. A holder of this host is never judged by time. */
export function judge(target: JudgedTarget, staleMs: number): Verdict {
  const { lockPath } = target;
  const found = lstatSync(lockPath, { throwIfNoEntry: false });
  if (found === undefined) return busy; // just released: the next try makes a new folder
  if (!found.isDirectory()) return judgeFile(target, found.isFile());
  const end = chainEnd(lockPath);
  if (end === undefined) return busy;
  switch (end.record?.kind) {
    case undefined:
      // Plain proper-lockfile's, for which only its heartbeat tells, or one of ours: who made that has nothing yet that could be
      // taken away, and may have been killed at it.
      if (isMadeByUs(found))
        return hasExpired(lockPath, end.beat, claimMs) ? successorOf(end, "nobody") : busy;
      return hasExpired(lockPath, end.beat, staleMs) ? successorOf(end, "suspect") : busy;
    case "ours":
      return judgeOwner(end, end.record.owner, lockPath, staleMs);
    default:
      return busy; // unreadable counts as held
  }
}

/** Returns false where there is something already. */
export function makeFolder(lockPath: string): boolean {
  if (lstatSync(lockPath, { throwIfNoEntry: false }) !== undefined) return false; // a failed mkdir costs more
  try {
    mkdirSync(lockPath, 0o700 | ourMark);
    giveFolderToOwnerOf(path.dirname(lockPath), lockPath);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

export function removeEmptyFolder(lockPath: string): void {
  try {
    rmdirSync(lockPath);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"].some((code) => hasCode(error, code))) throw error;
  }
}

/** Whether a folder of ours has no owner: its maker was killed before its record had its name, or is giving it one now. */
export function isUnclaimed(lockPath: string): boolean {
  const found = lstatSync(lockPath, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true || !isMadeByUs(found)) return false;
  const end = chainEnd(lockPath);
  return end !== undefined && end.record === undefined;
}

/** By a bit that means nothing in a folder of one user, and that no other tool sets. */
function isMadeByUs(folder: Stats): boolean {
  return (folder.mode & ourMark) !== 0;
}

/** Who holds, or, where the last owner has left the lock to others, whose turn it is; as far as can be read. Never throws. */
export function holderAt(lockPath: string): SessionLockHolder | undefined {
  try {
    return readHolder(lockPath);
  } catch {
    return undefined; // gone between two calls, or out of reach: a refusal without a name is still that refusal
  }
}

function readHolder(lockPath: string): SessionLockHolder | undefined {
  const found = lstatSync(lockPath, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const record = found.isDirectory()
    ? (recordOfFirst(lockPath) ?? chainEnd(lockPath)?.record)
    : found.isFile()
      ? parseRecord(readFileSync(lockPath, "utf8"))
      : undefined;
  return record === undefined ? undefined : holderOf(record);
}

/** Whether nobody holds a folder that stands there: its last owner has left it to others. */
export function isLeftToOthers(lockPath: string, end: ChainEnd | undefined): boolean {
  return end?.record?.kind === "ours" && !end.isClosed && hasLeft(lockPath, end.record.owner.nonce);
}

function recordOfFirst(lockPath: string): LockRecord | undefined {
  if (!isLeftToOthers(lockPath, chainEnd(lockPath))) return undefined;
  const first = firstMark(lockPath);
  return first && readEntry(path.join(lockPath, first.name))?.record;
}

function judgeOwner(end: ChainEnd, owner: Owner, lockPath: string, staleMs: number): Verdict {
  if (owner.fence === "left") return successorOf(end, "suspect");
  if (isLeftToOthers(lockPath, end)) return successorOf(end, "nobody");
  const whenDead = successorOf(end, owner.fence === undefined ? "dead" : "suspect");
  switch (livenessOf(owner, identity())) {
    case "alive":
      return { kind: "busy", holder: owner.nonce };
    case "dead":
      return whenDead;
    case "foreign":
      // What no other machine reaches was written before this one's last start.
      if (isOfEarlierBoot(owner, identity()) && isLocal(path.dirname(lockPath))) return whenDead;
      return hasExpired(lockPath, end.beat, staleMs) ? successorOf(end, "suspect") : busy;
  }
}

function successorOf(end: ChainEnd, from: "nobody" | "dead" | "suspect"): Verdict {
  const { successor, entry, record } = end;
  if (record?.kind !== "ours" || entry === undefined) return { kind: "free", successor, epoch: 0, from };
  const { epoch, nonce } = record.owner;
  // A suspect keeps its place: it may be alive, and relies on that nothing else comes there.
  const former = from === "suspect" ? undefined : { entry, nonce };
  return { kind: "free", successor, ...(former && { former }), epoch, from };
}

interface Heartbeat {
  readonly beat: string;
  /** Monotonic ms. */
  readonly since: number;
}

/** Heartbeats of owners on other hosts, by lock path: which was seen last, and since when. */
const heartbeats = processWide("heartbeats", () => new Map<string, Heartbeat>());

/** The lock is ours now: what was seen of the owner before means nothing any more. */
export function forgetHeartbeat(lockPath: string): void {
  heartbeats.delete(lockPath);
}

/**
 * Whether we ourselves have watched the same heartbeat for longer than `staleMs`, by our own monotonic clock: the
 * clocks of two hosts are never compared.
 */
function hasExpired(lockPath: string, beat: string, staleMs: number): boolean {
  const now = performance.now();
  const seen = heartbeats.get(lockPath);
  if (seen?.beat === beat) return now - seen.since > staleMs;
  heartbeats.set(lockPath, { beat, since: now });
  return false;
}

/** A file where this engine needs a folder: our kernel engine's, or a pid file of OpenClaw's older releases. */
function judgeFile(target: JudgedTarget, isPlain: boolean): Verdict {
  const { lockPath, sessionFile } = target;
  if (!isPlain)
    throw new SessionLockError(
      "INVALID_TARGET",
      `${lockPath} is neither a file nor a folder, so it cannot be a lock`,
      {
        sessionFile,
      },
    );
  const text = readIfPresent(lockPath);
  if (text === undefined) return busy;
  const record = parseRecord(text);
  if (record.kind === "ours")
    throw new SessionLockError(
      "ENGINE_MISMATCH",
      `${lockPath} is a file, so another process locks ${sessionFile} with the kernel engine; use one engine everywhere (SESSION_LOCK_ENGINE), or remove a leftover with: session-lock clean`,
      { sessionFile, holder: holderOf(record) },
    );
  if (record.kind === "foreign" && stateOf(record.pid, undefined, record.starttime) === "gone")
    removeDeadFile(lockPath, text);
  return busy; // removed: the next try finds nothing there
}

/** Removes a dead process's pid file, and only that: what we moved away is looked at again before it is thrown out. */
export function removeDeadFile(lockPath: string, judged: string): boolean {
  const aside = `${lockPath}.${crypto.randomUUID().slice(0, 8)}.gone`;
  try {
    renameSync(lockPath, aside);
    const isIt = readFileSync(aside, "utf8") === judged;
    if (!isIt) linkSync(aside, lockPath);
    unlinkSync(aside);
    return isIt;
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EEXIST") || hasCode(error, "EISDIR")) return false; // somebody was faster
    throw error;
  }
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EISDIR")) return undefined;
    throw error;
  }
}
