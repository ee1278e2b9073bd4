import { randomUUID } from "node:crypto";
import { mkdirSync, statSync, utimesSync, writeSync } from "node:fs";
import type { Engine, EngineTarget, Parking, Taking } from "../engine.ts";
import { advanceEpoch, epochAfter, outlast } from "../epochs.ts";
import { asLockError, hasCode } from "../errors.ts";
import type { SessionLockHolder } from "../errors.ts";
import { identity } from "../owner.ts";
import { recordBytes, RecordWriter } from "../record.ts";
import type { Claim } from "../record.ts";
import { isOwner, publish } from "./claim-chain.ts";
import type { Published } from "./claim-chain.ts";
import { announceWait, waitersAt } from "./lock-folder-waiters.ts";
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
  #release: (() => void) | undefined;
  #parkings = 0;
  /** When the folder was last seen to be ours. */
  #seenAt = 0;

  constructor(target: EngineTarget) {
    this.#target = target;
  }

  take(claim: Claim): Taking {
    const { sessionFile, lockPath, staleMs } = this.#target;
    try {
      this.#release = loadProperLockfile().lockSync(sessionFile, {
        lockfilePath: lockPath,
        realpath: false,
        stale: neverMs,
        update: Math.max(1_000, staleMs / 4),
        fs: this.#calls(claim),
        onCompromised: (error) => this.#lost(`its heartbeat failed: ${error.message}`),
      });
    } catch (error) {
      if (hasCode(error, "ELOCKED")) return { kind: "busy" };
      throw asLockError(error, "take the lock", sessionFile);
    }
    if (this.#tenure === undefined) return { kind: "busy" };
    this.#parkings = 0;
    this.#seenAt = performance.now();
    return { kind: "taken", epoch: this.#tenure.epoch, again: false, from: this.#tenure.from };
  }

  renew(claim: Claim): number | undefined {
    const tenure = this.#tenure;
    if (tenure === undefined || !this.#isStillOurs()) return undefined;
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
    release?.();
  }

  settle(): void {
    // Waits on this engine can always be cancelled: nothing changes when a hold is long.
  }

  park(behind: boolean): Parking {
    announceWait(this.#target.lockPath);
    const pause = Math.min(20, 2 ** this.#parkings) * crowding();
    this.#parkings += 1;
    return parkUntil(behind ? [afterAbout(2)] : [onChange(this.#target.lockPath), afterAbout(pause)]);
  }

  withdraw(): void {
    this.#parkings = 0;
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

  #calls(claim: Claim): LockFolderCalls {
    return {
      mkdirSync: () => {
        this.#tenure = this.#claim(claim);
        if (this.#tenure === undefined) throw Object.assign(new Error("held"), { code: "ELOCKED" });
      },
      rmdirSync: (folder) => this.#leave(folder),
      // The heartbeat is the record's time, not the folder's: that one changes whenever somebody looks in.
      statSync: (folder) => statSync(this.#tenure?.published.entry ?? folder),
      utimesSync: (folder, atime, mtime) => {
        utimesSync(this.#tenure?.published.entry ?? folder, atime, mtime);
        utimesSync(folder, atime, mtime);
      },
      realpathSync: (file) => file,
    };
  }

  #claim(claim: Claim): Tenure | undefined {
    const { lockPath } = this.#target;
    const verdict = makeFolder(lockPath) ? fresh : judge(this.#target);
    if (verdict.kind === "busy") return undefined;
    const nonce = randomUUID();
    const epoch = advanceEpoch(verdict.epoch);
    const published = publish(lockPath, verdict.successor, nonce, this.#writer.write(epoch, claim, nonce));
    if (published === undefined) return undefined;
    forgetHeartbeat(lockPath);
    return { nonce, published, epoch, from: verdict.from };
  }

  #leave(folder: string): void {
    const tenure = this.#tenure;
    this.#tenure = undefined;
    if (tenure === undefined || leaveFolder(folder, tenure.nonce, tenure.published)) return;
    this.#lost("another process had taken it over");
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
