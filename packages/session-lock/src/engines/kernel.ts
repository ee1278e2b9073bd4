import { closeSync, writeSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Engine, EngineTarget, Parking, Taking } from "../engine.ts";
import { asLockError } from "../errors.ts";
import type { SessionLockHolder } from "../errors.ts";
import { fence } from "../fence.ts";
import { isOfTheDead } from "../liveness.ts";
import { holderOf, lastEpochOf, owesFence } from "../record.ts";
import type { Claim, LockRecord } from "../record.ts";
import { lookAtOnce } from "./bell.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import { isAtPath, openLockFile, readLockFile, removeLockFile } from "./lock-file.ts";
import type { LockFile } from "./lock-file.ts";
import { LockRecordFile } from "./lock-record.ts";
import { PathLooks } from "./path-looks.ts";
import { areTicketsOrdered } from "./ticket.ts";
import { WaitLine } from "./wait-line.ts";
import { lockFileBytes, removeBells } from "./wait-table.ts";
import { parkWatching } from "./waking.ts";

/** The byte that is locked, far behind the record. Who only removes the lock file locks the next one too, and is no holder. */
export const main = 2 ** 40;
export const bytesToRemove = 2;

/**
 * Who waits stands in a line (wait-line.ts), and whoever lets go wakes the first. That needs locks on ranges, which belong to an open file;
 * elsewhere waiters watch the lock file, and whoever lets go changes a byte of it.
 */
const hasLine = process.platform === "linux" && areTicketsOrdered;

/** Whoever was refused so often in a row, in one wait or in many, looks whether it is still the lock file that it tries to lock. */
const looksAtPathFrom = 3;
/** Who does not stand in the line looks at least this often, in ms. */
const watchersLookMs = 10;
/** Who comes to wait during a hold that is shorter than this finds its end by the first look, in ms. */
const shortHoldMs = 1;

export class KernelEngine implements Engine {
  readonly name = "kernel";
  readonly #target: EngineTarget;
  readonly #locks: KernelLocks;
  readonly #record = new LockRecordFile();
  readonly #looks = new PathLooks();
  readonly #line: WaitLine;
  #file: LockFile | undefined;
  #holding = false;
  #settled = false;
  #parkings = 0;
  /** Locked, and not taken yet. */
  #isLockedAhead = false;
  /** In a row, since it was last ours or another file. */
  #refusalsInARow = 0;
  /** Monotonic ms. */
  #takenAt = 0;
  /** Nobody waited when that was last looked at, and a waiter would have broken the record's seal since. */
  #isAlone = false;
  /** Whoever waits is called when the event loop comes round, unless we hold again by then; a burst of holds waits for that once. */
  #isRoundAwaited = false;
  /** What another tool left at the path, while that keeps us out. */
  #foreign: LockRecord | undefined;
  /** The open file holds a dead process's record that is not ours, or not whole. */
  #fromDead = false;

  constructor(target: EngineTarget, locks: KernelLocks) {
    this.#target = target;
    this.#locks = locks;
    this.#line = new WaitLine(locks, target.lockPath);
  }

  take(claim: Claim, now: number): Taking {
    const { lockPath, sessionFile } = this.#target;
    try {
      // Each round ends in a lock, in a refusal, or in a newer file at the path.
      for (;;) {
        const file = this.#file ?? this.#open();
        if (file === undefined) return busy;
        const locked = this.#tryMain(file);
        // The first refusals need no look at the path: if the file was replaced, a later one finds out.
        if (!locked && (this.#refusalsInARow += 1) < looksAtPathFrom) return busy;
        const found = this.#looks.look(file, lockPath, now);
        if (found === undefined) this.#forget(file);
        else return locked ? this.#taken(file, claim, found, now) : busy;
      }
    } catch (error) {
      this.#unlockAhead(); // where the look at the path failed
      throw asLockError(error, "take the lock", sessionFile);
    }
  }

  renew(claim: Claim): number | undefined {
    return this.#file !== undefined && this.isOurs() ? this.#record.renew(this.#file.fd, claim) : undefined;
  }

  isWanted(): boolean {
    return !hasLine || (!this.#isAlone && this.#line.isWanted()); // finding out by letting go costs little
  }

  isOurs(now?: number): boolean {
    if (!this.#holding || this.#file === undefined) return false;
    const found = this.#looks.look(this.#file, this.#target.lockPath, now);
    if (found !== undefined) this.#isAlone &&= this.#record.isSealed(found);
    return found !== undefined;
  }

  settle(): void {
    if (this.#settled || !this.#holding || this.#file === undefined) return;
    this.#settled = true;
    this.#record.settle(this.#file.fd);
  }

  disown(): void {
    if (this.#holding && this.#file !== undefined) this.#record.disown(this.#file.fd);
  }

  drop(soonAgain: boolean, now: number): void {
    const file = this.#file;
    if (!this.#holding || file === undefined) return;
    this.#holding = false;
    this.#settled = false;
    try {
      this.#locks.unlock(file.fd, main, 1);
      this.#tellWaiters(file, soonAgain, now);
    } catch (error) {
      this.#forget(file); // closing frees the lock, whatever kept the unlock from doing so
      throw error;
    }
  }

  park(behind: boolean): Parking {
    this.#parkings += 1;
    if (this.#line.hasJoined) return this.#line.parkAgain();
    if (!hasLine || this.#fromDead || !this.#line.join())
      return parkWatching(this.#target.lockPath, this.#parkings, watchersLookMs, behind);
    // Whoever let go before we stood in the line has called the first, or nobody.
    const isOurTurn = this.#line.isFirst && (behind || this.#tryMain());
    return isOurTurn ? lookAtOnce : this.#line.park();
  }

  withdraw(): void {
    this.#parkings = 0;
    if (this.#holding) return;
    this.#unlockAhead();
    // The call that it is our turn may be under way.
    if (this.#line.giveUp()) this.#line.callNext();
  }

  holder(): SessionLockHolder | undefined {
    const record = this.#file === undefined ? this.#foreign : readLockFile(this.#file.fd);
    return record && holderOf(record);
  }

  close(): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      this.#removeIfFree(file);
    } finally {
      this.#line.callNext(); // who found it locked by us just now
      this.#forget(file);
    }
  }

  /** Removed only under the lock, and only our own inode: whoever waits on it then finds that and opens the next. */
  #removeIfFree(file: LockFile): void {
    if (!this.#locks.tryLock(file.fd, main, bytesToRemove)) return;
    const record = readLockFile(file.fd);
    const { lockPath } = this.#target;
    if (owesFence(record) || !isAtPath(file, lockPath) || (hasLine && this.#line.isWanted())) return;
    removeLockFile(lockPath, lastEpochOf(record));
    if (hasLine) removeBells(file, lockPath, this.#locks);
  }

  #tryMain(file = this.#file): boolean {
    return (this.#isLockedAhead ||= file !== undefined && this.#locks.tryLock(file.fd, main, 1));
  }

  #unlockAhead(): void {
    if (this.#isLockedAhead && this.#file !== undefined) this.#locks.unlock(this.#file.fd, main, 1);
    this.#isLockedAhead = false;
  }

  /** Where nobody can have come to wait, that is not looked at. */
  #tellWaiters(file: LockFile, soonAgain: boolean, now: number): void {
    if (!hasLine) writeSync(file.fd, "\n", lockFileBytes - 1);
    else if (this.#isAlone && now - this.#takenAt < shortHoldMs) return;
    else if (soonAgain) this.#callInTheNextRound(file);
    else this.#isAlone = !this.#line.callNext();
  }

  #callInTheNextRound(file: LockFile): void {
    if (this.#isRoundAwaited) return;
    this.#isRoundAwaited = true;
    setImmediate(() => {
      this.#isRoundAwaited = false;
      if (this.#file === file && !this.#holding) this.#isAlone = !this.#line.callNext();
    });
  }

  /** The open lock file, unless it is another tool's and that tool holds it. */
  #open(): LockFile | undefined {
    const file = openLockFile(this.#target.lockPath, this.#record.blank());
    const record = readLockFile(file.fd);
    if (record.kind === "ours" || isOfTheDead(record, file.changedAt)) {
      this.#file = file;
      this.#line.open(file);
      this.#fromDead = record.kind !== "ours";
      this.#foreign = undefined;
      return file;
    }
    this.#foreign = record;
    closeSync(file.fd);
    return undefined;
  }

  #taken(file: LockFile, claim: Claim, found: Stats, now: number): Taking {
    // Another process may have opened the dead one's file too, and had the lock by now.
    this.#fromDead &&= readLockFile(file.fd).kind !== "ours";
    const from = this.#fromDead ? "dead" : "nobody";
    this.#holding = true;
    this.#isLockedAhead = false;
    this.#refusalsInARow = 0;
    this.#takenAt = now;
    const next = this.#record.takeAgain(claim, found, now);
    if (next !== undefined) return { kind: "taken", epoch: next, again: true, from };
    this.#isAlone = false;
    try {
      this.#line.leave();
      const stored = this.#record.look(found, () => this.#line.readPage(file));
      // As long as it fails, the record stays as it is and nobody gets the lock.
      if (stored.owesFence) fence(this.#target.sessionFile, () => this.isOurs());
      if (this.#fromDead) this.#record.begin(file.fd);
      this.#fromDead = false;
      const { epoch, again } = this.#record.take(file.fd, claim, stored.epoch, now);
      return { kind: "taken", epoch, again, from };
    } catch (error) {
      this.drop(false, performance.now());
      throw error;
    }
  }

  #forget(file: LockFile): void {
    this.#parkings = this.#refusalsInARow = 0;
    this.#file = undefined;
    this.#holding = false;
    this.#isAlone = this.#isLockedAhead = false;
    this.#line.close(file); // with it the kernel drops our locks
  }
}

const busy: Taking = { kind: "busy" };
