import { isObserved, publish } from "./diagnostics.ts";
import type { Engine, Taking } from "./engine.ts";
import { asLockError, SessionLockError } from "./errors.ts";
import type { SessionLockHolder } from "./errors.ts";
import { fence, fenceOrWarn } from "./fence.ts";
import { Lease } from "./lease.ts";
import type { LeaseHost } from "./lease.ts";
import type { OwnedLock } from "./owned-lock.ts";
import type { EngineName, LockRequest } from "./options.ts";
import { Turn } from "./turn.ts";
import { Waiter } from "./waiter.ts";

/** After this long a hold counts as long: other processes change to a wait that they can cancel, in ms. */
const longHoldMs = 50;
/** Whoever waits looks again after this long, whatever woke or did not wake it, in ms. */
const longestParkMs = 250;
/** An entry unused for this long is closed and its lock file removed, in ms. */
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
  readonly #engine: Engine;
  readonly #turn = new Turn();
  readonly #waiting: Waiter[] = [];
  #lease: Lease | undefined;
  #pumping = false;
  #unpark: (() => void) | undefined;
  #parkedAt = 0;

  /** `open` gets what to call when the engine finds that the lock was taken away. */
  constructor(sessionFile: string, open: (onLost: (reason: string) => void) => Engine) {
    this.sessionFile = sessionFile;
    this.#engine = open((reason) => {
      if (this.#lease !== undefined) this.onTakenAway(this.#lease, reason);
    });
  }

  get engine(): EngineName {
    return this.#engine.name;
  }

  /** A handle on the current lease for others of this process. */
  get liveHandle(): OwnedLock | undefined {
    return this.#lease?.view();
  }

  get isInUse(): boolean {
    return this.#lease !== undefined || this.#pumping;
  }

  get isHeld(): boolean {
    return this.#lease !== undefined;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** Whether this process should let others go first. */
  get owesOthers(): boolean {
    return this.#turn.isOver(performance.now());
  }

  /** Grants at once if nobody in this process holds or waits, and no other process holds. */
  tryGrant(request: LockRequest, where: string | undefined): OwnedLock | undefined {
    if (this.#lease !== undefined || this.#waiting.length > 0) return undefined;
    const taking = this.#take(request, where);
    if (taking.kind === "busy") return undefined;
    const now = performance.now();
    this.#turn.taken(now, taking.again);
    return this.#leaseTo(request, where, taking.epoch, now, 0);
  }

  /** Joins the queue. Rejects with `TIMEOUT` or `ABORTED`, or with what the engine throws. */
  wait(request: LockRequest, where: string | undefined): Promise<OwnedLock> {
    const waiter = new Waiter(request, where, this);
    this.#waiting.push(waiter);
    publish("wait", () => ({ sessionFile: this.sessionFile, queued: this.#waiting.length }));
    // The caller has just tried. The pump settles every waiter itself and never rejects.
    void this.#pump(this.owesOthers ? "behind" : "wait");
    return waiter.granted;
  }

  describeHolder(): { readonly holder: SessionLockHolder | undefined; readonly sameProcess: boolean } {
    if (this.#lease !== undefined) return { holder: this.#lease.describe(), sameProcess: true };
    return { holder: this.#engine.holder(), sameProcess: false };
  }

  onLeft(waiter: Waiter): void {
    this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    if (this.#waiting.length === 0) this.#unpark?.();
  }

  onReleased(lease: Lease): void {
    const now = performance.now();
    this.#lease = undefined;
    this.#turn.used(now);
    if (isObserved("release"))
      publish("release", () => ({
        sessionFile: this.sessionFile,
        epoch: lease.epoch,
        purpose: lease.purpose,
        heldMs: now - lease.since,
      }));
    if (!this.#turn.isOthers(now, this.#engine) && this.#handOver(now)) return;
    try {
      this.#engine.drop(this.#turn.isBurst);
    } finally {
      if (this.#waiting.length > 0) void this.#pump(this.owesOthers ? "behind" : "try"); // as above
    }
  }

  onOverdue(lease: Lease): void {
    const heldMs = Math.round(performance.now() - lease.since);
    this.#revoke(lease, `it was held for ${heldMs} ms, longer than its maxHoldMs allows`);
  }

  onTakenAway(lease: Lease, reason: string): void {
    this.#revoke(lease, reason);
  }

  /** Ousts the owner on an operator's word. Returns whether there was one. */
  breakLease(reason: string): boolean {
    const lease = this.#lease;
    if (lease !== undefined) this.#revoke(lease, reason);
    return lease !== undefined;
  }

  isOursOnDisk(): boolean {
    return this.#engine.isOurs();
  }

  /** Called regularly. Returns false when the entry has had no use for a while and was closed. */
  tick(now: number): boolean {
    for (const waiter of [...this.#waiting]) waiter.tick(now);
    const lease = this.#lease;
    if (lease !== undefined) {
      lease.watchHandles();
      if (now > lease.deadline) this.onOverdue(lease);
      else if (now - lease.since > longHoldMs) this.#engine.settle();
      return true;
    }
    if (now - this.#parkedAt > longestParkMs) this.#unpark?.();
    if (this.#pumping || now - this.#turn.lastUse < idleMs || !this.#engine.isIdle) return true;
    this.close();
    return false;
  }

  close(): void {
    this.#engine.close();
  }

  #revoke(lease: Lease, reason: string): void {
    if (this.#lease !== lease) return;
    const { sessionFile } = this;
    const { epoch, purpose } = lease;
    // In memory first, then the bytes that may be under way, then the lock: nobody gets in before the owner is out.
    lease.revoke(
      new SessionLockError("LOST", `the write lock on ${sessionFile} was lost: ${reason}`, {
        sessionFile,
        holder: lease.describe(),
      }),
    );
    publish("lost", () => ({ sessionFile, epoch, purpose, reason }));
    if (this.#engine.isOurs()) fenceOrWarn(sessionFile);
    this.onReleased(lease);
  }

  #take(request: LockRequest, where: string | undefined): Taking {
    const taking = this.#engine.take({ purpose: request.purpose, where });
    if (taking.kind === "busy" || taking.from === "nobody") return taking;
    const { epoch, from } = taking;
    publish("takeover", () => ({ sessionFile: this.sessionFile, from, epoch }));
    if (from === "dead") return taking;
    try {
      fence(this.sessionFile);
      return taking;
    } catch (error) {
      this.#engine.drop(false);
      throw error;
    }
  }

  #leaseTo(
    request: LockRequest,
    where: string | undefined,
    epoch: number,
    now: number,
    waitedMs: number,
  ): OwnedLock {
    const { sessionFile, engine } = this;
    const { purpose, maxHoldMs } = request;
    this.#lease = new Lease(this, { epoch, purpose, where, since: now, deadline: now + maxHoldMs });
    if (isObserved("acquire")) publish("acquire", () => ({ sessionFile, engine, epoch, purpose, waitedMs }));
    return this.#lease.hold();
  }

  #handOver(now: number): boolean {
    const [next] = this.#waiting;
    const epoch = next && this.#engine.renew({ purpose: next.request.purpose, where: next.where });
    if (next === undefined || epoch === undefined) return false;
    this.#grant(next, epoch, now);
    return true;
  }

  #grant(waiter: Waiter, epoch: number, now: number): void {
    this.#waiting.shift();
    waiter.grant(this.#leaseTo(waiter.request, waiter.where, epoch, now, now - waiter.since));
  }

  /** `wait`: begin with a wait. `behind`: begin with one in which those who wait already go first. */
  async #pump(begin: "try" | "wait" | "behind"): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let step = begin; ; step = "try") {
        const [next] = this.#waiting;
        if (next === undefined || this.#lease !== undefined) return;
        if (step === "try" && this.#pumpTo(next)) return;
        const parking = this.#engine.park(step === "behind");
        this.#unpark = parking.end;
        this.#parkedAt = performance.now();
        await parking.woken;
        this.#unpark = undefined;
      }
    } catch (error) {
      for (const waiter of this.#waiting.splice(0))
        waiter.refuse(asLockError(error, "take the lock", this.sessionFile));
    } finally {
      this.#pumping = false;
      this.#engine.withdraw();
    }
  }

  #pumpTo(waiter: Waiter): boolean {
    const taking = this.#take(waiter.request, waiter.where);
    if (taking.kind === "busy") return false;
    const now = performance.now();
    this.#turn.begins(now, taking.again, waiter.since);
    this.#grant(waiter, taking.epoch, now);
    return true;
  }
}
