import { randomUUID } from "node:crypto";
import { mkdirSync, statSync, utimesSync, writeSync } from "node:fs";
import type { Engine, EngineTarget, Parking, Taking } from "../engine.ts";
import { advanceEpoch, epochAfter, outlast } from "../epochs.ts";
import { asLockError, hasCode } from "../errors.ts";
import type { SessionLockHolder } from "../errors.ts";
import { fence } from "../fence.ts";
import { identity } from "../owner.ts";
import { recordBytes, RecordWriter } from "../record.ts";
import type { Claim, Owner } from "../record.ts";
import { isOwner, publish } from "./claim-chain.ts";
import type { Published } from "./claim-chain.ts";
import { announceWait, waitersAt, withdrawWait } from "./lock-folder-waiters.ts";
import { forgetHeartbeat, holderAt, judge, leaveFolder } from "./lock-folder.ts";
import type { Verdict } from "./lock-folder.ts";
import { loadProperLockfile } from "./proper-lockfile.ts";
import type { LockFolderCalls } from "./proper-lockfile.ts";
import { afterAbout, crowding, onChange, parkUntil } from "./waking.ts";

/** What this engine holds: its record in the lock folder. */
interface Tenure {
  readonly nonce: string;
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
  readonly isIdle = true;
  readonly #target: EngineTarget;
  readonly #writer = new RecordWriter(identity(), "lockfile");
  #tenure: Tenure | undefined;
  /** Ends the heartbeat and leaves the folder. Undefined while there is no heartbeat. */
  #release: (() => void) | undefined;
  /** The time that the heartbeat gave the record last. */
  #beat: Date | undefined;
  #parkings = 0;
  #hasMark = false;
  /** When the folder was last seen to be ours. */
  #seenAt = 0;

  constructor(target: EngineTarget) {
    this.#target = target;
  }

  take(claim: Claim, staleMs: number): Taking {
    const { sessionFile, lockPath } = this.#target;
    try {
      if (this.#tenure !== undefined) this.drop(); // it could not be left when it was let go
      this.#release = loadProperLockfile().lockSync(sessionFile, {
        lockfilePath: lockPath,
        realpath: false,
        stale: neverMs,
        update: Math.max(1_000, staleMs / 4),
        fs: this.#calls(claim, staleMs),
        onCompromised: (error) => this.#lost(`its heartbeat failed: ${error.message}`),
      });
    } catch (error) {
      if (hasCode(error, "ELOCKED")) return { kind: "busy" };
      throw asLockError(error, "take the lock", sessionFile);
    }
    const tenure = this.#tenure;
    if (tenure === undefined) return { kind: "busy" };
    if (tenure.from === "suspect") this.#fenceFormer(tenure, claim);
    this.#parkings = 0;
    this.#seenAt = performance.now();
    return { kind: "taken", epoch: tenure.epoch, again: false, from: tenure.from };
  }

  renew(claim: Claim): number | undefined {
    const tenure = this.#tenure;
    if (tenure === undefined || this.#release === undefined || !this.#isStillOurs()) return undefined;
    const epoch = epochAfter(tenure.epoch);
    writeSync(tenure.published.fd, this.#writer.write(epoch, claim, tenure.nonce), 0, recordBytes, 0);
    this.#tenure = { ...tenure, epoch };
    return epoch;
  }

  isWanted(): boolean {
    return waitersAt(this.#target.lockPath).length > 0;
  }

  isOurs(): boolean {
    return (
      this.#tenure !== undefined && isOwner(this.#target.lockPath, this.#tenure.nonce, this.#tenure.published)
    );
  }

  drop(): void {
    // With the folder goes the record of our epoch, and the next owner has only the clock to go by.
    if (this.#tenure !== undefined) outlast(this.#tenure.epoch);
    const release = this.#release;
    this.#release = undefined;
    // Without a heartbeat: it failed, or an earlier try to leave did.
    if (release === undefined) this.#leave(this.#target.lockPath);
    else release();
  }

  settle(): void {
    // Waits on this engine can always be cancelled: nothing changes when a hold is long.
  }

  park(behind: boolean): Parking {
    announceWait(this.#target.lockPath);
    this.#hasMark = true;
    const pause = Math.min(20, 2 ** this.#parkings) * crowding();
    this.#parkings += 1;
    return parkUntil(behind ? [afterAbout(2)] : [onChange(this.#target.lockPath), afterAbout(pause)]);
  }

  withdraw(): void {
    this.#parkings = 0;
    if (this.#hasMark) withdrawWait(this.#target.lockPath);
    this.#hasMark = false;
  }

  holder(): SessionLockHolder | undefined {
    return holderAt(this.#target.lockPath);
  }

  close(): void {
    this.drop(); // the folder exists only while it is held
  }

  /** The next owner looks itself before it acknowledges anything, so a look of the last millisecond will do to hand over. */
  #isStillOurs(): boolean {
    const now = performance.now();
    if (now - this.#seenAt < seenMs) return true;
    const isOurs = this.isOurs();
    if (isOurs) this.#seenAt = now;
    return isOurs;
  }

  /** Where that fails, the folder stays as it is, and whoever comes next has to do it. */
  #fenceFormer({ published, epoch, nonce }: Tenure, claim: Claim): void {
    const note = (fence?: Owner["fence"]) => {
      const facts = fence === undefined ? claim : { ...claim, fence };
      writeSync(published.fd, this.#writer.write(epoch, facts, nonce), 0, recordBytes, 0);
    };
    try {
      fence(this.#target.sessionFile);
      note();
    } catch (error) {
      note("left");
      published.close();
      this.#tenure = undefined; // so that the release ends the heartbeat, and nothing else
      this.drop();
      throw asLockError(error, "fence off the former owner", this.#target.sessionFile);
    }
  }

  #calls(claim: Claim, staleMs: number): LockFolderCalls {
    return {
      mkdirSync: () => {
        this.#tenure = this.#claim(claim, staleMs);
        if (this.#tenure === undefined) throw Object.assign(new Error("held"), { code: "ELOCKED" });
      },
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
  }

  /** The library takes a time that it did not give for another owner's, and an owner after us in this process gives one too. */
  #statRecord(folder: string): { readonly mtime: Date } {
    if (this.#tenure === undefined) return statSync(folder);
    const found = statSync(this.#tenure.published.entry);
    if (!this.isOurs()) throw Object.assign(new Error("it has another owner"), { code: "ENOENT" });
    return { mtime: this.#beat ?? found.mtime };
  }

  #claim(claim: Claim, staleMs: number): Tenure | undefined {
    const { lockPath } = this.#target;
    this.#beat = undefined;
    const verdict = makeFolder(lockPath) ? fresh : judge(this.#target, staleMs);
    if (verdict.kind === "busy") return undefined;
    const nonce = randomUUID();
    const epoch = advanceEpoch(verdict.epoch);
    const facts: Claim = verdict.from === "suspect" ? { ...claim, fence: "due" } : claim;
    const published = publish(lockPath, verdict.successor, nonce, this.#writer.write(epoch, facts, nonce));
    if (published === undefined) return undefined;
    forgetHeartbeat(lockPath);
    return { nonce, published, epoch, from: verdict.from };
  }

  #leave(folder: string): void {
    const tenure = this.#tenure;
    if (tenure === undefined) return;
    const isLeft = leaveFolder(folder, tenure.nonce, tenure.published);
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
/** Longer than any uptime: proper-lockfile then never takes a lock over by itself. */
const neverMs = 2 ** 52;

const fresh: Verdict = { kind: "free", successor: "after-root", epoch: 0, from: "nobody" };

function makeFolder(lockPath: string): boolean {
  try {
    mkdirSync(lockPath, 0o700);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}
