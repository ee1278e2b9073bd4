import { ftruncateSync, writeSync } from "node:fs";
import type { Stats } from "node:fs";
import { performance } from "node:perf_hooks";
import { advanceEpoch, setAside } from "../epochs.ts";
import { identity } from "../owner.ts";
import { readHead, recordBytes, RecordWriter } from "../record.ts";
import type { Claim, RecordHead } from "../record.ts";
import { hasSeal, sealFile } from "./record-seal.ts";
import { lockFileBytes, lockFileWith } from "./wait-table.ts";

/** How old a record on disk may be while its process takes the lock again and again, in ms. */
const freshMs = 50;
/** How many epochs a process that is alone with the lock sets aside at a time, unless they would run ahead of the clock. */
const reserved = 64;
/** Only lock folders need one. */
const nonce = "kernel";

/**
 * The owner record in a kernel lock file, read and written under the lock.
 *
 * The epoch on disk is the greatest one given out or set aside. A process that finds its own record untouched, recent
 * and with epochs left, takes the next of them without writing: whoever comes after it starts above all of them, and
 * a refusal names the right process and purpose. What is held for longer is written out by `settle`. In a burst it also
 * seals its record, and then need not even read it.
 */
export class LockRecordFile {
  readonly #writer = new RecordWriter(identity(), "kernel");
  #claim: Claim | undefined;
  #takenAt = 0;
  #writtenAt = 0;
  #seal: number | undefined;
  #limit = 0;
  #epoch = 0;
  #isExact = false;

  /** Complete content for a new lock file that nobody has locked yet. */
  blank(): Buffer {
    return lockFileWith(this.#writer.write(advanceEpoch(0), { purpose: undefined, where: undefined }, nonce));
  }

  /** Makes it a lock file of ours, whatever stands there, before the first owner is noted. */
  begin(fd: number): void {
    writeSync(fd, this.blank(), 0, lockFileBytes, 0);
    ftruncateSync(fd, lockFileBytes);
  }

  /**
   * After taking the lock: what the record says. It need not be read where nobody can have written to it. `found`: the
   * lock file as it is now; `page`: reads what stands in it.
   */
  look(found: Stats, page: () => Buffer): RecordHead {
    if (hasSeal(found, this.#seal)) return { epoch: this.#limit, owesFence: false };
    return readHead(page());
  }

  /** Whether nobody has written since we sealed it. `found`: the lock file as it is now. */
  isSealed(found: Stats): boolean {
    return hasSeal(found, this.#seal);
  }

  /** The epoch of the new owner, where nobody had the lock since this process did, and nothing is to be read or written. */
  takeAgain(claim: Claim, found: Stats, now: number): number | undefined {
    if (!hasSeal(found, this.#seal) || !this.#canReuse(claim, now)) return undefined;
    this.#takenAt = now;
    return this.#reuse();
  }

  /** After that: notes the new owner. `stored`: the epoch found. `again`: nobody else had the lock since this process did. */
  take(
    fd: number,
    claim: Claim,
    stored: number,
    now: number,
  ): { readonly epoch: number; readonly again: boolean } {
    const isBurst = now - this.#takenAt < freshMs;
    this.#takenAt = now;
    const again = stored === this.#limit;
    if (again && this.#canReuse(claim, now)) return { epoch: this.#reuse(), again };
    const epoch = this.#write(fd, claim, stored, again ? reserved : 0, now);
    this.#seal = again && isBurst ? sealFile(fd, this.#limit) : undefined;
    return { epoch, again };
  }

  /** While holding on: notes the next owner within this process and returns its epoch. */
  renew(fd: number, claim: Claim): number {
    const now = performance.now();
    return this.#canReuse(claim, now) ? this.#reuse() : this.#write(fd, claim, this.#limit, reserved, now);
  }

  /** Brings the record on disk up to date with the present owner. */
  settle(fd: number): void {
    if (this.#isExact || this.#claim === undefined) return;
    this.#isExact = true;
    writeSync(fd, this.#writer.write(this.#limit, this.#claim, nonce), 0, recordBytes, 0);
  }

  /** Notes that the present owner has lost the lock, and was not fenced off. */
  disown(fd: number): void {
    const claim: Claim = { purpose: undefined, where: undefined, fence: "left" };
    writeSync(fd, this.#writer.write(this.#limit, claim, nonce), 0, recordBytes, 0);
    this.#epoch = this.#limit; // the next owner writes its own
  }

  #canReuse(claim: Claim, now: number): boolean {
    return (
      this.#epoch < this.#limit &&
      claim.purpose === this.#claim?.purpose &&
      claim.where === this.#claim?.where &&
      now - this.#writtenAt < freshMs
    );
  }

  #reuse(): number {
    this.#isExact = false;
    this.#epoch += 1;
    return this.#epoch;
  }

  #write(fd: number, claim: Claim, stored: number, ahead: number, now: number): number {
    this.#epoch = advanceEpoch(stored);
    this.#limit = ahead === 0 ? this.#epoch : setAside(this.#epoch, ahead);
    this.#claim = claim;
    this.#writtenAt = now;
    this.#isExact = true;
    writeSync(fd, this.#writer.write(this.#limit, claim, nonce), 0, recordBytes, 0);
    return this.#epoch;
  }
}
