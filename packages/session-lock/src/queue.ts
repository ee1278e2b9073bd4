import { publish } from "./diagnostics.ts";
import type { Engine, Taking } from "./engine.ts";
import { asLockError } from "./errors.ts";
import type { SessionLockHolder } from "./errors.ts";
import { FormerOwner } from "./former-owner.ts";
import { Lease } from "./lease.ts";
import type { LeaseHost } from "./lease.ts";
import type { OwnedLock } from "./owned-lock.ts";
import type { EngineName, LockRequest } from "./options.ts";
import { Turn } from "./turn.ts";
import { Waiter } from "./waiter.ts";
import type { Asked } from "./waiter.ts";

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
  #waiting: Waiter[] = [];
  #lease: Lease | undefined;
  readonly #former: FormerOwner;
  /** The lock passes from one state to the next, and listeners are told: nothing is granted meanwhile. */
  #isChanging = false;
  #pumping = false;
  #unpark: (() => void) | undefined;
  #parkedAt = 0;
  readonly #openedAt = performance.now();

  /** `open` gets what to call when the engine finds that the lock was taken away. */
  constructor(sessionFile: string, open: (onLost: (reason: string) => void) => Engine) {
    this.sessionFile = sessionFile;
    this.#engine = open((reason) => {
      if (this.#lease !== undefined) this.onTakenAway(this.#lease, reason);
    });
    this.#former = new FormerOwner(sessionFile, this.#engine);
  }

  get engine(): EngineName {
    return this.#engine.name;
  }

  /** A handle on the current lease for others of this process. */
  get liveHandle(): OwnedLock | undefined {
    return this.#lease?.view();
  }

  get isInUse(): boolean {
    return this.isHeld || this.#isChanging || this.#pumping || this.queued > 0 || this.#former.isAtLarge;
  }

  get isHeld(): boolean {
    return this.#lease !== undefined;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** Whether this process has had its turn, and others want theirs. */
  owesOthers(): boolean {
    return !this.isHeld && this.#turn.isOthers(performance.now(), this.#engine);
  }

  /** Grants at once if nobody in this process holds or waits, and no other process holds. */
  tryGrant(request: LockRequest, where: string | undefined): OwnedLock | undefined {
    if (this.isHeld || this.#waiting.length > 0 || this.#isChanging) return undefined;
    try {
      const taking = this.#take(request, where);
      if (taking.kind === "busy") return undefined;
      const now = performance.now();
      this.#turn.taken(now, taking.again);
      return this.#leaseTo({ request, where }, taking.epoch, now, 0);
    } finally {
      this.#pumpIfWanted(); // a listener may have come to wait meanwhile
    }
  }

  /** Joins the queue, `isBehind` the other processes. Rejects with `TIMEOUT` or `ABORTED`, or with what the engine throws. */
  wait(request: LockRequest, where: string | undefined, isBehind: boolean): Promise<OwnedLock> {
    const waiter = new Waiter(request, where, this);
    this.#waiting.push(waiter);
    publish("wait", () => ({ sessionFile: this.sessionFile, queued: this.#waiting.length }));
    // The caller has just tried. The pump settles every waiter itself and never rejects.
    void this.#pump(isBehind ? "behind" : "wait");
    return waiter.granted;
  }

  describeHolder(): { readonly holder: SessionLockHolder | undefined; readonly sameProcess: boolean } {
    if (this.#lease !== undefined) return { holder: this.#lease.describe(), sameProcess: true };
    return { holder: this.#engine.holder(), sameProcess: false };
  }

  onLeft(waiter: Waiter): void {
    this.#waiting = this.#waiting.filter((one) => one !== waiter);
    if (this.#waiting.length === 0) this.#unpark?.();
  }

  onReleased(lease: Lease): void {
    const now = performance.now();
    this.#isChanging = true;
    this.#lease = undefined;
    this.#turn.used(now);
    try {
      lease.tellRelease(now);
      if (this.#former.isAtLarge) return;
      if (!this.#turn.isOthers(now, this.#engine) && this.#handOver(now)) return;
      this.#engine.drop(this.#turn.isBurst);
    } finally {
      this.#isChanging = false;
      this.#pumpIfWanted();
    }
  }

  onTakenAway(lease: Lease, reason: string): void {
    if (this.#lease !== lease) return;
    const { sessionFile, epoch, purpose } = lease;
    // In memory first, then the bytes that may be under way, then the lock: nobody gets in before the owner is out.
    lease.revoke(reason);
    publish("lost", () => ({ sessionFile, epoch, purpose, reason }));
    this.#former.lost();
    this.onReleased(lease);
  }

  /** Ousts the owner on an operator's word. Returns whether there was one. Throws `IO` where it is out, but not fenced off yet. */
  breakLease(reason: string): boolean {
    if (this.#lease?.held !== true) return false; // or it is told just now, and a listener asks for it again
    this.onTakenAway(this.#lease, reason);
    if (this.#former.isAtLarge) this.#finishRelease();
    return true;
  }

  isOursOnDisk(): boolean {
    try {
      return this.#engine.isOurs();
    } catch (error) {
      throw asLockError(error, "look at the lock", this.sessionFile);
    }
  }

  /** Called regularly. Returns false when the entry has had no use for a while and was closed. */
  tick(now: number): boolean {
    for (const waiter of [...this.#waiting]) waiter.tick(now);
    const lease = this.#lease;
    if (lease !== undefined) {
      lease.tick(now);
      if (lease.held && now - lease.since > longHoldMs) this.#engine.settle();
      return true;
    }
    if (now - this.#parkedAt > longestParkMs) this.#unpark?.();
    if (this.#pumping) return true;
    this.#finishRelease();
    this.#pumpIfWanted();
    if (this.#waiting.length > 0 || now - Math.max(this.#turn.lastUse, this.#openedAt) < idleMs) return true;
    this.close();
    return false;
  }

  close(): void {
    this.#engine.close();
  }

  /** Does what failed when the lock was to be let go: to fence the owner off, or to leave a lock folder. */
  #finishRelease(): void {
    if (this.#former.isAtLarge) this.#former.fenceOff();
    this.#engine.drop(false);
  }

  #pumpIfWanted(): void {
    if (this.#waiting.length === 0 || this.#lease !== undefined || this.#former.isAtLarge) return;
    void this.#pump(this.owesOthers() ? "behind" : "try"); // settles every waiter itself
  }

  #take(request: LockRequest, where: string | undefined): Taking {
    if (this.#former.isAtLarge) this.#finishRelease();
    const taking = this.#engine.take({ purpose: request.purpose, where }, request.staleMs);
    if (taking.kind === "busy" || taking.from === "nobody") return taking;
    const { epoch, from } = taking;
    this.#isChanging = true;
    publish("takeover", () => ({ sessionFile: this.sessionFile, from, epoch })); // a listener's throw comes out elsewhere
    this.#isChanging = false;
    return taking;
  }

  #leaseTo({ request, where }: Asked, epoch: number, now: number, waitedMs: number): OwnedLock {
    const lease = new Lease(this, request, { epoch, where, since: now });
    const lock = lease.hold();
    this.#lease = lease;
    lease.tellAcquire(this.engine, waitedMs); // a listener may end this lease, and begin another
    return lock;
  }

  #handOver(now: number): boolean {
    const next = this.#waiting[0];
    const epoch = next && this.#engine.renew({ purpose: next.request.purpose, where: next.where });
    if (next === undefined || epoch === undefined) return false;
    this.#grant(next, epoch, now);
    return true;
  }

  #grant(waiter: Waiter, epoch: number, now: number): void {
    this.#waiting.shift();
    waiter.grant(() => this.#leaseTo(waiter, epoch, now, now - waiter.since));
  }

  /** `wait`: begin with a wait. `behind`: begin with one in which those who wait already go first. */
  async #pump(begin: "try" | "wait" | "behind"): Promise<void> {
    if (this.#pumping || this.#isChanging) return;
    this.#pumping = true;
    try {
      for (let step = begin; ; step = "try") {
        const next = this.#waiting[0];
        if (next === undefined || this.#lease !== undefined) return;
        if (step === "try" && this.#pumpTo(next)) return;
        const parking = this.#engine.park(step === "behind");
        this.#unpark = parking.end;
        this.#parkedAt = performance.now();
        await parking.woken;
        this.#unpark = undefined;
      }
    } catch (error) {
      const refusal = asLockError(error, "take the lock", this.sessionFile);
      for (const waiter of this.#waiting.splice(0)) waiter.refuse(refusal);
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
