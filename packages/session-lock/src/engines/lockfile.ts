import { statSync, utimesSync } from "node:fs";
import type { Engine, EngineTarget, Parking, Taking } from "../engine.ts";
import { advanceEpoch, epochAfter } from "../epochs.ts";
import { asLockError, hasCode } from "../errors.ts";
import type { SessionLockHolder } from "../errors.ts";
import { fence } from "../fence.ts";
import { identity } from "../owner.ts";
import { RecordWriter } from "../record.ts";
import type { Claim } from "../record.ts";
import { warn } from "../warning.ts";
import { isOwner } from "./claim-chain.ts";
import type { Published } from "./claim-chain.ts";
import { marksIn } from "./folder-queue.ts";
import { FolderTurn } from "./folder-turn.ts";
import { leaveFolder, passOn } from "./leave-folder.ts";
import { forgetHeartbeat, holderAt, judge, makeFolder, removeEmptyFolder } from "./lock-folder.ts";
import type { Verdict } from "./lock-folder.ts";
import { loadProperLockfile } from "./proper-lockfile.ts";
import type { LockFolderCalls } from "./proper-lockfile.ts";
import { afterAbout, crowding, parkUntil, parkWatching } from "./waking.ts";

/** What this engine holds: its record in the lock folder. */
interface Tenure {
  readonly published: Published;
  readonly epoch: number;
  readonly from: "nobody" | "dead" | "suspect";
}

/**
 * proper-lockfile's protocol: the lock is the folder `<file>.lock`, refreshed by a heartbeat. The library makes,
 * refreshes and ends it through the calls we hand it, which add what it lacks: an owner record, a takeover that only
 * one process can win (claim-chain.ts), and a release that cannot remove somebody else's lock. Its own judgement of
 * stale locks, by time alone, never comes into play.
 */
export class LockfileEngine implements Engine {
  readonly name = "lockfile";
  readonly #target: EngineTarget;
  readonly #writer = new RecordWriter(identity(), "lockfile");
  #tenure: Tenure | undefined;
  /** Ends the heartbeat and leaves the folder. Undefined while there is no heartbeat. */
  #release: (() => void) | undefined;
  /** The time that the heartbeat gave the record last. */
  #beat: Date | undefined;
  #parkings = 0;
  readonly #turn: FolderTurn;
  /** When the folder was last seen to be ours. */
  #seenAt = 0;

  constructor(target: EngineTarget) {
    this.#target = target;
    this.#turn = new FolderTurn(target.lockPath);
  }

  take(claim: Claim, _now: number, staleMs: number): Taking {
    const { sessionFile } = this.#target;
    try {
      if (this.#tenure !== undefined) this.drop(); // it could not be left when it was let go
      const tenure = this.#claim(claim, staleMs);
      if (tenure === undefined || !this.#hold(tenure)) return { kind: "busy" };
      if (tenure.from === "suspect") this.#fenceFormer(tenure, claim);
      this.#parkings = 0;
      this.#seenAt = performance.now();
      return { kind: "taken", epoch: tenure.epoch, again: false, from: tenure.from };
    } catch (error) {
      throw asLockError(error, "take the lock", sessionFile);
    }
  }

  renew(claim: Claim): number | undefined {
    const tenure = this.#tenure;
    if (tenure === undefined || this.#release === undefined || !this.#isStillOurs()) return undefined;
    const epoch = epochAfter(tenure.epoch);
    this.#tenure = { ...tenure, epoch };
    this.#note(this.#tenure, claim);
    return epoch;
  }

  isWanted(): boolean {
    try {
      return marksIn(this.#target.lockPath).length > 0;
    } catch {
      return true; // the next try tells what is wrong
    }
  }

  isOurs(): boolean {
    return this.#tenure !== undefined && isOwner(this.#target.lockPath, this.#tenure.published);
  }

  disown(): void {
    if (this.#tenure === undefined) return;
    this.#note(this.#tenure, { purpose: undefined, where: undefined, fence: "left" });
  }

  drop(): void {
    const release = this.#release;
    this.#release = undefined;
    // Without a heartbeat: it failed, or an earlier try to leave did.
    if (release === undefined) this.#leave(this.#target.lockPath);
    else release();
  }

  settle(): void {
    // The record is always up to date.
  }

  park(behind: boolean): Parking {
    const standing = this.#turn.join();
    this.#parkings += 1;
    if (standing !== undefined)
      return parkUntil([standing.onCall, afterAbout(lookMs * Math.min(5, 1 + standing.ahead) * crowding())]);
    return parkWatching(this.#target.lockPath, this.#parkings, lookMs, behind);
  }

  withdraw(): void {
    this.#parkings = 0;
    const { lockPath, sessionFile } = this.#target;
    try {
      if (this.#turn.leave()) passOn(lockPath, sessionFile);
    } catch (error) {
      // A mark that cannot be removed delays the others until they pass it, and who waits no more has nobody to tell.
      warn("SESSION_LOCK_HOUSEKEEPING", `ceasing to wait for ${lockPath}: ${String(error)}`);
    }
  }

  holder(): SessionLockHolder | undefined {
    return holderAt(this.#target.lockPath);
  }

  close(): void {
    this.withdraw();
    this.drop(); // the folder exists only while it is held or waited for
  }

  /** The next owner looks itself before it acknowledges anything, so a look of the last millisecond will do to hand over. */
  #isStillOurs(): boolean {
    const now = performance.now();
    if (now - this.#seenAt >= seenMs && this.isOurs()) this.#seenAt = now;
    return now - this.#seenAt < seenMs;
  }

  /** Where that fails, the folder stays as it is, and whoever comes next has to do it. */
  #fenceFormer(tenure: Tenure, claim: Claim): void {
    try {
      fence(this.#target.sessionFile, () => this.isOurs());
      this.#note(tenure, claim);
    } catch (error) {
      this.disown();
      tenure.published.close();
      this.#tenure = undefined; // so that the release ends the heartbeat, and nothing else
      this.drop();
      throw asLockError(error, "fence off the former owner", this.#target.sessionFile);
    }
  }

  #note({ published, epoch }: Tenure, claim: Claim): void {
    published.write(this.#writer.write(epoch, claim, published.nonce));
  }

  /** The library finds its folder made, and begins to refresh it. Returns false where it is not ours any more. */
  #hold(tenure: Tenure): boolean {
    this.#tenure = tenure;
    this.#beat = undefined;
    try {
      this.#release = loadProperLockfile().lockSync(this.#target.sessionFile, {
        lockfilePath: this.#target.lockPath,
        realpath: false,
        stale: neverMs,
        update: beatMs,
        fs: this.#calls,
        onCompromised: (error) => this.#lost(`its heartbeat failed: ${error.message}`),
      });
      return true;
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      return false; // broken, or removed by hand, in this moment; the library has left it
    }
  }

  readonly #calls: LockFolderCalls = {
    mkdirSync: () => undefined,
    rmdirSync: (folder) => this.#leave(folder),
    // The heartbeat is the record's time, not the folder's: that one changes whenever somebody looks in.
    statSync: (folder) => this.#statRecord(folder),
    utimesSync: (folder, atime, mtime) => {
      utimesSync(this.#tenure?.published.entry ?? folder, atime, mtime);
      utimesSync(folder, atime, mtime);
      this.#beat = mtime;
    },
    realpathSync: (file) => file,
  };

  /** The library takes a time that it did not give for another owner's, and an owner after us in this process gives one too. */
  #statRecord(folder: string): { readonly mtime: Date } {
    if (this.#tenure === undefined) return statSync(folder);
    const found = statSync(this.#tenure.published.entry);
    if (!this.isOurs()) throw Object.assign(new Error("it has another owner"), { code: "ENOENT" });
    return { mtime: this.#beat ?? found.mtime };
  }

  #claim(claim: Claim, staleMs: number): Tenure | undefined {
    const { lockPath } = this.#target;
    const isNew = makeFolder(lockPath);
    if (isNew) this.#turn.leave(); // whatever folder we waited for is gone
    let tenure: Tenure | undefined;
    try {
      tenure = this.#succeed(isNew ? fresh : judge(this.#target, staleMs), claim);
      return tenure;
    } finally {
      if (isNew && tenure === undefined) removeEmptyFolder(lockPath); // without a record it would keep everybody waiting
    }
  }

  #succeed(verdict: Verdict, claim: Claim): Tenure | undefined {
    this.#turn.refused(verdict.kind === "busy" ? verdict.holder : undefined);
    if (verdict.kind === "busy" || !this.#turn.isOurs(verdict.successor)) return undefined;
    const epoch = advanceEpoch(verdict.epoch);
    const facts: Claim = verdict.from === "suspect" ? { ...claim, fence: "due" } : claim;
    const published = this.#turn.publish(verdict, (nonce) => this.#writer.write(epoch, facts, nonce));
    if (published === undefined) return undefined;
    forgetHeartbeat(this.#target.lockPath);
    return { published, epoch, from: verdict.from };
  }

  #leave(folder: string): void {
    const tenure = this.#tenure;
    if (tenure === undefined) return;
    const isLeft = leaveFolder(folder, tenure.published, tenure.epoch);
    if (!isLeft) this.disown();
    tenure.published.close();
    this.#tenure = undefined;
    if (!isLeft) this.#lost("another process had taken it over");
  }

  #lost(reason: string): void {
    this.#release = undefined;
    this.#target.onLost(reason);
  }
}

/** How long a look at the lock folder counts for who takes the lock over within this process, in ms. */
const seenMs = 1;
/** Who waits is called, and looks from time to time all the same, for locks whose holder has died: the first in the queue this often, in ms. */
const lookMs = 20;
/** Whoever waits judges by its own `staleMs`, not by the holder's: so often that the shortest of them is met, in ms. */
const beatMs = 1_000;
/** Longer than any uptime: proper-lockfile then never takes a lock over by itself. */
const neverMs = 2 ** 52;

const fresh: Verdict = { kind: "free", successor: "after-root", epoch: 0, from: "nobody" };
