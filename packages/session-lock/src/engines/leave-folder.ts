import { readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";
import { advanceEpoch, outlast } from "../epochs.ts";
import { hasCode } from "../errors.ts";
import { identity } from "../owner.ts";
import { RecordWriter } from "../record.ts";
import { warn } from "../warning.ts";
import { closeChain, isClosedBy, leaveToOthers, publishNew, succession } from "./claim-chain.ts";
import type { Published, Vacancy } from "./claim-chain.ts";
import { removeEntry } from "./claim-draft.ts";
import { call, firstMark } from "./folder-queue.ts";
import { isUnclaimed, judge } from "./lock-folder.ts";

/**
 * Ends an ownership: leaves the folder to those who wait for it and calls the first of them; where nobody does, bars
 * successors and removes it. Returns false, and touches nothing, when the owner has been succeeded. Its caller closes the
 * record. Where it throws, it may be tried again.
 */
export function leaveFolder(folder: string, published: Published, epoch: number): boolean {
  const outcome = leaveToQueue(folder, published);
  if (outcome === "succeeded" || outcome === "left") return outcome === "left";
  outlast(epoch); // with the folder goes the record of this epoch, and the next owner has only the clock to go by
  if (!closeChain(folder, published)) return outcome === "unclaimed";
  published.close(); // Windows renames no folder in which a file is open
  return moveAway(folder, published.nonce);
}

/** `unclaimed`: left, but whoever waited has given up meanwhile. */
function leaveToQueue(
  folder: string,
  published: Published,
): "left" | "succeeded" | "nobody waits" | "unclaimed" {
  let outcome: "nobody waits" | "unclaimed" = "nobody waits";
  for (;;) {
    const next = firstMark(folder);
    if (next === undefined) return outcome;
    if (outcome === "nobody waits") {
      const state = succession(folder, published);
      if (state === "lost") return "succeeded";
      if (state === "closed") return outcome; // an earlier try to remove the folder failed
    }
    leaveToOthers(folder, published);
    if (call(folder, next)) return "left";
    outcome = "unclaimed";
  }
}

/**
 * For who waits no more and may have been called: calls the next one, or removes a folder that nobody wants. Returns
 * whether the folder was removed; one that somebody holds, or whose next owner has to fence off the last, is left alone.
 */
export function passOn(lockPath: string, sessionFile: string): boolean {
  const verdict = judge({ lockPath, sessionFile }, Infinity);
  if (verdict.kind === "busy" || verdict.from === "suspect") return false;
  for (let next = firstMark(lockPath); next !== undefined; next = firstMark(lockPath))
    if (call(lockPath, next)) return false;
  return removeAsOwner(lockPath, verdict, verdict.epoch);
}

/**
 * Removes a folder of ours that nobody claimed and nobody waits for. Its maker has nothing yet that could be taken away: if it
 * lives, it finds itself beaten to it.
 */
export function removeUnclaimed(lockPath: string): boolean {
  if (!isUnclaimed(lockPath) || firstMark(lockPath) !== undefined) return false;
  return removeAsOwner(lockPath, { successor: "after-root" }, 0);
}

function removeAsOwner(lockPath: string, vacancy: Vacancy, last: number): boolean {
  const [nonce, epoch] = [crypto.randomUUID(), advanceEpoch(last)];
  const writer = new RecordWriter(identity(), "lockfile");
  const record = writer.write(epoch, { purpose: "to clean up", where: undefined }, nonce);
  const published = publishNew(lockPath, vacancy, nonce, record);
  if (published === undefined) return false;
  try {
    return leaveFolder(lockPath, published, epoch);
  } finally {
    published.close();
  }
}

/**
 * In one step, so that nobody sees it half empty, and that ends the lock: what remains to be done is only to tidy up. Returns false where
 * it was another owner's folder, which is put back: whoever is stopped right before the step may have lost the lock meanwhile.
 */
function moveAway(folder: string, nonce: string): boolean {
  const gone = `${folder}.${nonce.slice(0, 8)}.gone`;
  renameSync(folder, gone);
  try {
    const entries = readdirSync(gone);
    if (!isClosedBy(nonce, entries)) {
      renameSync(gone, folder); // or somebody has made a new one, and its owner finds out that it lost the lock
      return false;
    }
    removeFolder(gone, entries);
  } catch (error) {
    warn("SESSION_LOCK_HOUSEKEEPING", `removing a lock folder that was left: ${String(error)}`);
  }
  return true;
}

/** One level of files only, which is ten times faster than rmSync. */
function removeFolder(folder: string, entries: readonly string[]): void {
  for (const entry of entries) removeAny(path.join(folder, entry));
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
    // A contender that had opened the folder before it was moved has just put its draft or mark into it.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

function removeAny(entry: string): void {
  try {
    removeEntry(entry);
  } catch (error) {
    if (!hasCode(error, "EISDIR") && !hasCode(error, "EPERM")) throw error;
    rmSync(entry, { recursive: true, force: true }); // a folder, which is none of ours
  }
}
