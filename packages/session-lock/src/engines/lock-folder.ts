import { linkSync, lstatSync, readdirSync, readFileSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import { randomUUID } from "node:crypto";
import type { EngineTarget } from "../engine.ts";
import { hasCode, SessionLockError } from "../errors.ts";
import type { SessionLockHolder } from "../errors.ts";
import { isLocal } from "../file-system.ts";
import { isOfEarlierBoot, livenessOf } from "../liveness.ts";
import { identity } from "../owner.ts";
import { stateOf } from "../process-table.ts";
import { processWide } from "../process-wide.ts";
import { holderOf, parseRecord } from "../record.ts";
import type { Owner } from "../record.ts";
import { chainEnd, closeChain, removeEntry } from "./claim-chain.ts";
import type { ChainEnd, Published } from "./claim-chain.ts";

/** Whether a lock folder that exists may be taken, and as whose successor. */
export type Verdict =
  | { readonly kind: "busy" }
  | {
      readonly kind: "free";
      readonly successor: string;
      /** The last epoch recorded there. */
      readonly epoch: number;
      readonly from: "nobody" | "dead" | "suspect";
    };

const busy: Verdict = { kind: "busy" };

/** Judges what stands at the lock path. A holder of this host is never judged by time. */
export function judge(target: Pick<EngineTarget, "lockPath" | "sessionFile">, staleMs: number): Verdict {
  const { lockPath } = target;
  const found = lstatSync(lockPath, { throwIfNoEntry: false });
  if (found === undefined) return busy; // just released: the next try makes a new folder
  if (!found.isDirectory()) return judgeFile(target, found.isFile());
  const end = chainEnd(lockPath);
  if (end === undefined) return busy;
  switch (end.record?.kind) {
    case undefined:
      // A folder without a record: plain proper-lockfile's, or a claim that is being made. Only its heartbeat tells.
      return hasExpired(lockPath, end.beat, staleMs) ? successorOf(end, "suspect") : busy;
    case "ours":
      return judgeOwner(end, end.record.owner, lockPath, staleMs);
    default:
      return busy; // unreadable counts as held
  }
}

export function holderAt(lockPath: string): SessionLockHolder | undefined {
  const found = lstatSync(lockPath, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const record = found.isDirectory()
    ? chainEnd(lockPath)?.record
    : parseRecord(readFileSync(lockPath, "utf8"));
  return record === undefined ? undefined : holderOf(record);
}

/**
 * Ends an ownership: bars takeovers, moves the folder out of the way in one step so that nobody sees it half empty,
 * and removes it. Returns false, and touches nothing, when the owner has been succeeded. Where it throws, the folder is
 * still the owner's, and leaving it may be tried again.
 */
export function leaveFolder(folder: string, nonce: string, published: Published): boolean {
  const isLast = closeChain(folder, nonce, published);
  published.close(); // Windows renames no folder in which a file is open
  if (!isLast) return false;
  const gone = `${folder}.${nonce.slice(0, 8)}.gone`;
  renameSync(folder, gone);
  removeFolder(gone);
  return true;
}

/** One level of files only, which is ten times faster than rmSync. */
function removeFolder(folder: string): void {
  for (;;) {
    for (const entry of readdirSync(folder)) removeEntry(path.join(folder, entry));
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      // A contender that had opened the folder before it was moved has just put its draft or mark into it.
      if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
    }
  }
}

function judgeOwner(end: ChainEnd, owner: Owner, lockPath: string, staleMs: number): Verdict {
  if (owner.fence === "left") return successorOf(end, "suspect");
  const whenDead = successorOf(end, owner.fence === undefined ? "dead" : "suspect");
  switch (livenessOf(owner, identity())) {
    case "alive":
      return busy;
    case "dead":
      return whenDead;
    case "foreign":
      // What no other machine reaches was written before this one's last start.
      if (isOfEarlierBoot(owner, identity()) && isLocal(path.dirname(lockPath))) return whenDead;
      return hasExpired(lockPath, end.beat, staleMs) ? successorOf(end, "suspect") : busy;
  }
}

function successorOf(end: ChainEnd, from: "dead" | "suspect"): Verdict {
  const epoch = end.record?.kind === "ours" ? end.record.owner.epoch : 0;
  return { kind: "free", successor: end.successor, epoch, from };
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
function judgeFile(target: Pick<EngineTarget, "lockPath" | "sessionFile">, isPlain: boolean): Verdict {
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
  const aside = `${lockPath}.${randomUUID().slice(0, 8)}.gone`;
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
