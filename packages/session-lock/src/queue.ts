import { openEngine } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { asLockError, SessionLockError } from "./errors.ts";
import type { SessionLockHolder } from "./errors.ts";
import { isDebugging } from "./environment.ts";
import { fence } from "./fence.ts";
import { Lease } from "./lease.ts";
import type { LeaseHost, OwnedLock } from "./lease.ts";
import type { EngineName, LockRequest } from "./options.ts";
import type { Claim } from "./record.ts";
import { lockPathOf } from "./target.ts";
import { Waiter } from "./waiter.ts";

/** Tasks of one process may pass the lock among themselves for this long before other processes get a chance, in ms. */
const burstMs = 5;
/** A process that left the lock alone for this long has ended its turn, in ms. */
const turnGapMs = 1;
/** After this long a hold counts as long: waiters of other processes change to a wait that they can cancel, in ms. */
const longHoldMs = 50;
/** An entry unused for this long is dropped and its lock file removed, in ms. */
const idleMs = 1_000;

/**
 * The write lock of one session file within this process: a first-come-first-served queue of tasks in front of one
 * engine, so that only one contender per process reaches the file system.
 *
 * States: **free** (no lease, engine let go) → **held** (a lease) → **handed over** to the next task, or **free**.
 * While tasks wait and another process holds, one pump tries and parks in turns.
 */
export class FileLock implements LeaseHost {
  readonly sessionFile: string;
  readonly debugging = isDebugging();
  readonly #engine: Engine;
  #lease: Lease | undefined;
  #waiting: Waiter[] = [];
  #pumping = false;
  #unpark: (() => void) | undefined;
  #turnStart = 0;
  #lastUse = 0;

  constructor(sessionFile: string, engine: EngineName, staleMs: number) {
    this.sessionFile = sessionFile;
    this.#engine = openEngine(engine, {
      sessionFile,
      lockPath: lockPathOf(sessionFile),
      staleMs,
      onLost: (reason) => {
        if (this.#lease !== undefined) this.onTakenAway(this.#lease, reason);
      },
    });
  }

  get engine(): EngineName {
    return this.#engine.name;
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** A handle on the current lease for others of this process. */
  get liveHandle(): OwnedLock | undefined {
    return this.#lease?.view();
  }

  get isInUse(): boolean {
    return this.#lease !== undefined || this.#waiting.length > 0 || this.#pumping;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** Grants at once if nobody in this process holds or waits, and no other process holds. */
  tryGrant(request: LockRequest, where: string | undefined): OwnedLock | undefined {
    if (this.#lease !== undefined || this.#waiting.length > 0) return undefined;
    const now = performance.now();
    if (now - this.#lastUse > turnGapMs) this.#turnStart = now;
    return this.#take(request, where, now);
  }

  /** Whether this process has had the lock long enough in a row that others should go first. */
  get hasHadItsTurn(): boolean {
    const now = performance.now();
    return now - this.#lastUse <= turnGapMs && now - this.#turnStart > burstMs;
  }

  /** Joins the queue. Rejects with `TIMEOUT` or `ABORTED`, or with what the engine throws. */
  wait(request: LockRequest, where: string | undefined): Promise<OwnedLock> {
    const waiter = new Waiter(request, where, {
      onLeft: (left) => this.#leave(left),
      describeHolder: () => this.describeHolder(),
      sessionFile: this.sessionFile,
    });
    this.#waiting.push(waiter);
    void this.#pump(); // settles every waiter itself and never rejects
    return waiter.granted;
  }

  describeHolder(): { readonly holder: SessionLockHolder | undefined; readonly sameProcess: boolean } {
    if (this.#lease !== undefined) return { holder: this.#lease.describe(), sameProcess: true };
    return { holder: this.#engine.holder(), sameProcess: false };
  }

  onReleased(): void {
    this.#lease = undefined;
    const now = performance.now();
    this.#lastUse = now;
    const next = this.#waiting[0];
    if (next !== undefined && now - this.#turnStart < burstMs) {
      this.#waiting.shift();
      next.grant(
        this.#leaseFor(next.request, next.where, this.#engine.renew(claimOf(next.request, next.where)), now),
      );
      return;
    }
    this.#engine.drop();
    void this.#pump();
  }

  onOverdue(lease: Lease): void {
    const heldMs = Math.round(performance.now() - lease.since);
    this.#revoke(lease, `it was held for ${heldMs} ms, longer than its maxHoldMs allows`);
  }

  onTakenAway(lease: Lease, reason: string): void {
    this.#revoke(lease, reason);
  }

  isOursOnDisk(): boolean {
    return this.#engine.isOurs();
  }

  /** Called regularly. Returns false when the entry has had no use for a while and was closed. */
  tick(now: number): boolean {
    const lease = this.#lease;
    if (lease !== undefined) {
      if (now > lease.deadline) this.onOverdue(lease);
      else if (now - lease.since > longHoldMs) this.#engine.settle();
      return true;
    }
    if (this.#waiting.length > 0 || this.#pumping || now - this.#lastUse < idleMs) return true;
    this.close();
    return false;
  }

  close(): void {
    this.#engine.close();
  }

  #revoke(lease: Lease, why: string): void {
    if (this.#lease !== lease) return;
    const error = new SessionLockError("LOST", `the write lock on ${this.sessionFile} was lost: ${why}`, {
      sessionFile: this.sessionFile,
      holder: lease.describe(),
    });
    // Memory first, then the bytes that may be under way, then the lock: nobody gets in before the old owner is out.
    lease.revoke(error);
    if (this.#engine.isOurs()) fence(this.sessionFile);
    this.onReleased();
  }

  #take(request: LockRequest, where: string | undefined, now: number): OwnedLock | undefined {
    const taking = this.#engine.take(claimOf(request, where));
    if (taking.kind === "busy") return undefined;
    if (taking.from === "suspect") fence(this.sessionFile);
    return this.#leaseFor(request, where, taking.epoch, now);
  }

  #leaseFor(request: LockRequest, where: string | undefined, epoch: number, now: number): OwnedLock {
    const { purpose, maxHoldMs } = request;
    const lease = new Lease(this, { epoch, purpose, where, since: now, deadline: now + maxHoldMs });
    this.#lease = lease;
    return lease.hold();
  }

  #leave(waiter: Waiter): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiter);
    if (this.#waiting.length === 0) this.#unpark?.();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let behind = this.hasHadItsTurn; ; behind = false) {
        const next = this.#waiting[0];
        if (next === undefined || this.#lease !== undefined) return;
        if (!behind && this.#grantTo(next)) return;
        const parking = this.#engine.park(behind);
        this.#unpark = parking.end;
        await parking.woken;
        this.#unpark = undefined;
      }
    } catch (error) {
      this.#refuseAll(error);
    } finally {
      this.#pumping = false;
      this.#engine.withdraw();
    }
  }

  #grantTo(waiter: Waiter): boolean {
    const now = performance.now();
    const lock = this.#take(waiter.request, waiter.where, now);
    if (lock === undefined) return false;
    this.#turnStart = now;
    this.#waiting.shift();
    waiter.grant(lock);
    return true;
  }

  #refuseAll(error: unknown): void {
    const refused = this.#waiting;
    this.#waiting = [];
    for (const waiter of refused) waiter.refuse(asLockError(error, "take the lock", this.sessionFile));
  }
}

function claimOf(request: LockRequest, where: string | undefined): Claim {
  return { purpose: request.purpose, where };
}
