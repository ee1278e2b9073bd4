import { closeSync, ftruncateSync, writeSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Engine, EngineTarget, Parking, Taking } from "../engine.ts";
import { asLockError } from "../errors.ts";
import type { SessionLockHolder } from "../errors.ts";
import { fence } from "../fence.ts";
import { isOfTheDead } from "../liveness.ts";
import { holderOf, lastEpochOf, owesFence, recordBytes } from "../record.ts";
import type { Claim, LockRecord } from "../record.ts";
import type { KernelLocks } from "./kernel-locks.ts";
import { isAtPath, openLockFile, readLockFile, removeLockFile } from "./lock-file.ts";
import type { LockFile } from "./lock-file.ts";
import { LockRecordFile } from "./lock-record.ts";
import { NativeTurn } from "./native-turn.ts";
import { PathLooks } from "./path-looks.ts";
import { afterAbout, crowding, onChange, parkUntil } from "./waking.ts";

/**
 * Two bytes far behind the record are locked. `main` is the lock. `turn` is the queue in front of it: a holder takes
 * both at once, and native waiters line up for `turn` only, which the kernel grants in order. A holder that stays long
 * lets go of `turn` (`settle`), so that no native wait, which costs a thread, outlives a short hold; from then on
 * waiters watch the file, and the holder changes a byte of it when it leaves.
 *
 * The queue only decides who is next, never whether the lock is free: a process that is stopped, or busy, when its
 * turn comes would keep `turn` for as long. So whoever has waited, or was refused, for a while also tries `main` alone.
 */
export const main = 2 ** 40;
export const turn = main + 2;
/** Both, and the byte between: it keeps the kernel from merging the two locks, which would wake every waiter. */
export const both = 3;
/** A process that has waited for a while locks the byte `presence + pid`, so that the inspector can name it. */
export const presence = 2 ** 41;

/** Waiters show themselves from this round of waiting on; short waits are not worth the calls. */
const showAfterParkings = 3;

/** Who has been refused for this long, without waiting, also tries `main` alone, in ms. */
const refusedLongMs = 20;

/** Waits for `turn` need open-file-description locks with ranges; elsewhere waiters always watch the file. */
const hasTurns = process.platform === "linux";

export class KernelEngine implements Engine {
  readonly name = "kernel";
  readonly #target: EngineTarget;
  readonly #locks: KernelLocks;
  readonly #record = new LockRecordFile();
  readonly #looks = new PathLooks();
  readonly #turn: NativeTurn;
  #file: LockFile | undefined;
  #holding = false;
  #settled = false;
  /** The present hold includes the turn. */
  #hasTurn = false;
  /** That turn came from the queue, so others may queue behind us. */
  #hasQueued = false;
  /** The last hold came past the queue, whose head was not coming. */
  #isTurnStuck = false;
  #parkings = 0;
  /** When the first of the tries was refused that have been refused since. */
  #refusedAt = Infinity;
  /** What another tool left at the path, while that keeps us out. */
  #foreign: LockRecord | undefined;
  /** The open file holds a dead process's record that is not ours, or not whole. */
  #fromDead = false;

  constructor(target: EngineTarget, locks: KernelLocks) {
    this.#target = target;
    this.#locks = locks;
    this.#turn = new NativeTurn(locks, turn, () => this.#holding && this.#hasTurn);
  }

  take(claim: Claim, now: number): Taking {
    const { lockPath, sessionFile } = this.#target;
    try {
      // Each round ends in a lock, in a refusal, or in a newer file at the path.
      for (;;) {
        const file = this.#file ?? this.#open();
        if (file === undefined) return busy;
        const locked = this.#lock(file);
        // A first refusal needs no look at the path: if the file was replaced, the next round finds out.
        if (!locked && this.#parkings === 0) return busy;
        const found = this.#looks.look(file, lockPath, now);
        if (found === undefined) this.#forget(file);
        else return locked ? this.#taken(file, claim, found, now) : busy;
      }
    } catch (error) {
      throw asLockError(error, "take the lock", sessionFile);
    }
  }

  renew(claim: Claim): number | undefined {
    const file = this.#file;
    return file !== undefined && this.isOurs() ? this.#record.renew(file.fd, claim) : undefined;
  }

  /** Nobody can tell who waits in the kernel's queue; finding out by letting go costs little. */
  isWanted(): boolean {
    return true;
  }

  isOurs(now?: number): boolean {
    if (!this.#holding || this.#file === undefined) return false;
    return this.#looks.look(this.#file, this.#target.lockPath, now) !== undefined;
  }

  settle(): void {
    if (this.#settled || !this.#holding || this.#file === undefined) return;
    this.#settled = true;
    this.#record.settle(this.#file.fd);
    if (hasTurns && this.#hasTurn) this.#locks.unlock(this.#file.fd, turn, 1);
    this.#hasTurn = false;
  }

  disown(): void {
    if (this.#holding && this.#file !== undefined) this.#record.disown(this.#file.fd);
  }

  drop(soonAgain: boolean): void {
    const file = this.#file;
    if (!this.#holding || file === undefined) return;
    const ring = !this.#hasTurn || !hasTurns;
    const keepsTurn = soonAgain && this.#hasTurn && this.#hasQueued;
    this.#holding = false;
    this.#settled = false;
    try {
      this.#locks.unlock(file.fd, main, this.#hasTurn && !keepsTurn ? both : 1);
      if (keepsTurn) this.#turn.keep(file);
      if (ring) writeSync(file.fd, "\n", recordBytes - 1);
    } catch (error) {
      this.#forget(file); // closing frees the lock, whatever kept the unlock from doing so
      throw error;
    }
  }

  park(behind: boolean): Parking {
    const { lockPath } = this.#target;
    const file = this.#file;
    this.#parkings += 1;
    if (file !== undefined && hasTurns && this.#parkings === showAfterParkings)
      this.#locks.tryLock(file.fd, presence + process.pid, 1);
    if (file !== undefined && hasTurns && this.#turn.ask(file, behind) === "queue")
      return this.#turn.park(file);
    // The first looks come quickly, for a lock that was let go between our try and our watch.
    const pause = behind ? 1 : Math.min(10, 2 ** this.#parkings) * crowding();
    return parkUntil(behind ? [afterAbout(pause)] : [onChange(lockPath), afterAbout(pause)]);
  }

  withdraw(): void {
    const file = this.#file;
    if (file !== undefined && this.#parkings >= showAfterParkings)
      this.#locks.unlock(file.fd, presence + process.pid, 1);
    this.#parkings = 0;
    if (this.#holding || file === undefined) return;
    if (this.#turn.isWaiting)
      this.#forget(file); // the native wait can only be ended together with its descriptor
    else this.#turn.giveBack(file);
  }

  holder(): SessionLockHolder | undefined {
    if (this.#file !== undefined) return holderOf(readLockFile(this.#file.fd));
    return this.#foreign === undefined ? undefined : holderOf(this.#foreign);
  }

  close(): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      this.#removeIfFree(file);
    } finally {
      this.#forget(file);
    }
  }

  /** Removed only under the lock, and only our own inode: whoever waits on it then finds that and opens the next. */
  #removeIfFree(file: LockFile): void {
    if (!this.#locks.tryLock(file.fd, main, both)) return;
    const record = readLockFile(file.fd);
    const { lockPath } = this.#target;
    if (!owesFence(record) && isAtPath(file, lockPath)) removeLockFile(lockPath, lastEpochOf(record));
  }

  #lock(file: LockFile): boolean {
    const { isGranted } = this.#turn;
    this.#hasQueued = isGranted;
    this.#hasTurn = this.#locks.tryLock(file.fd, main, isGranted ? 1 : both);
    if (this.#hasTurn || isGranted) {
      this.#isTurnStuck = false;
      return this.#hasTurn;
    }
    if (!this.#mayPass()) return false;
    this.#isTurnStuck = this.#locks.tryLock(file.fd, main, 1);
    return this.#isTurnStuck;
  }

  /** Whether it has taken so long that whoever has the turn may not be coming. */
  #mayPass(): boolean {
    if (this.#parkings > 0 || this.#isTurnStuck) return true;
    const now = performance.now();
    this.#refusedAt = Math.min(this.#refusedAt, now);
    return now - this.#refusedAt > refusedLongMs;
  }

  /** The open lock file, unless it is another tool's and that tool holds it. */
  #open(): LockFile | undefined {
    const file = openLockFile(this.#target.lockPath, this.#record.blank());
    const record = readLockFile(file.fd);
    if (record.kind === "ours" || isOfTheDead(record, file.changedAt)) {
      this.#file = file;
      this.#fromDead = record.kind !== "ours";
      this.#foreign = undefined;
      return file;
    }
    this.#foreign = record;
    closeSync(file.fd);
    return undefined;
  }

  #taken(file: LockFile, claim: Claim, found: Stats, now: number): Taking {
    const from = this.#fromDead ? "dead" : "nobody";
    this.#holding = true;
    this.#refusedAt = Infinity;
    this.#turn.used();
    const next = this.#record.takeAgain(claim, found, now);
    if (next !== undefined) return { kind: "taken", epoch: next, again: true, from };
    try {
      const stored = this.#record.look(file.fd, found);
      // As long as it fails, the record stays as it is and nobody gets the lock.
      if (stored.owesFence) fence(this.#target.sessionFile, () => this.isOurs());
      if (this.#fromDead) ftruncateSync(file.fd, recordBytes);
      this.#fromDead = false;
      const { epoch, again } = this.#record.take(file.fd, claim, stored.epoch, now);
      return { kind: "taken", epoch, again, from };
    } catch (error) {
      this.drop(false);
      throw error;
    }
  }

  #forget(file: LockFile): void {
    this.#parkings = 0;
    this.#file = undefined;
    this.#holding = false;
    // The kernel drops our locks with the descriptor; one that a native wait still uses is closed together with that.
    if (!this.#turn.adopt(file)) closeSync(file.fd);
  }
}

const busy: Taking = { kind: "busy" };
