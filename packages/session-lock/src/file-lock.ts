import { performance } from "node:perf_hooks";
import { BriefLock } from "./brief-lock.ts";
import type { BriefSessionWriteLock } from "./brief-lock.ts";
import { publish } from "./diagnostics.ts";
import type { Engine, Taking } from "./engine.ts";
import { asLockError } from "./errors.ts";
import { FormerOwner } from "./former-owner.ts";
import { Lease } from "./lease.ts";
import type { LeaseHost } from "./lease.ts";
import type { OwnedLock } from "./owned-lock.ts";
import { readOptions } from "./options.ts";
import type { EngineName } from "./options.ts";
import { Turn } from "./turn.ts";
import type { Asked, Found, Waiter } from "./waiter.ts";
import { WaitingTasks } from "./waiting-tasks.ts";
import type { TakingHost } from "./waiting-tasks.ts";
import { warn } from "./warning.ts";

/** After this long a hold counts as long, and its record on disk is brought up to date, in ms. */
const longHoldMs = 50;
/** An entry unused for this long is closed and its lock file removed, in ms. */
const idleMs = 1_000;

const byDefault = readOptions({});

/**
 * The write lock of one session file within this process: a first-come-first-served queue of tasks in front of one
 * engine, so that only one contender per process reaches the file system.
 *
 * States: **free** (no lease, engine let go) → **held** (a lease) → **handed over** to the next task, or **free**.
 * A brief lock begins and ends within one call, which is one change of state to everybody else.
 */
export class FileLock implements LeaseHost, TakingHost {
  readonly sessionFile: string;
  readonly #engine: Engine;
  readonly #turn = new Turn();
  readonly #tasks: WaitingTasks;
  #lease: Lease | undefined;
  readonly #brief: BriefLock;
  readonly #former: FormerOwner;
  /** The lock passes from one state to the next, and listeners are told: nothing is granted meanwhile. */
  #isChanging = false;
  readonly #openedAt = performance.now();

  /** `open` gets what to call when the engine finds that the lock was taken away. */
  constructor(sessionFile: string, open: (onLost: (reason: string) => void) => Engine) {
    this.sessionFile = sessionFile;
    this.#engine = open((reason) => {
      if (this.#lease !== undefined) this.onTakenAway(this.#lease, reason);
    });
    this.#former = new FormerOwner(sessionFile, this.#engine);
    this.#brief = new BriefLock(this);
    this.#tasks = new WaitingTasks(this, this.#engine);
  }

  get engine(): EngineName {
    return this.#engine.name;
  }

  /** A handle on the current lease for others of this process. */
  get liveHandle(): OwnedLock | undefined {
    return this.#lease?.view();
  }

  get isInUse(): boolean {
    return this.#lease !== undefined || this.#isChanging || !this.#tasks.isIdle || this.#former.isAtLarge;
  }

  get isHeld(): boolean {
    return this.#lease !== undefined || !this.#brief.isOver;
  }

  get queued(): number {
    return this.#tasks.count;
  }

  /** Whether this process has had its turn, and others want theirs. */
  owesOthers(now: number): boolean {
    return !this.isHeld && this.#turn.isOthers(now, this.#engine);
  }

  /** Grants at once if nobody in this process holds or waits, and no other process holds. */
  tryGrant(asked: Asked): OwnedLock | undefined {
    if (this.isHeld || this.queued > 0 || this.#isChanging) return undefined;
    const taking = this.#take(asked, asked.since);
    if (taking.kind === "busy") return undefined;
    const now = performance.now();
    this.#turn.taken(now, taking.again);
    const lock = this.#leaseTo(asked, taking.epoch, now, 0);
    this.#pumpIfWanted(); // a listener may have come to wait meanwhile
    return lock;
  }

  /** Runs `fn` as the owner, at once; undefined, without a call, where that cannot be, or others are to go first. */
  runNow<T>(where: string | undefined, fn: (lock: BriefSessionWriteLock) => T): T | undefined {
    const now = performance.now();
    if (this.isInUse || this.#turn.isOthers(now, this.#engine)) return undefined;
    const taking = this.#take({ request: byDefault, where, since: now }, now);
    if (taking.kind === "busy") return undefined;
    this.#turn.taken(now, taking.again);
    this.#isChanging = true;
    try {
      this.#brief.begin(taking.epoch, now);
      return fn(this.#brief);
    } finally {
      this.#endBrief();
    }
  }

  /** Joins the queue, `isBehind` the other processes. Rejects with `TIMEOUT` or `ABORTED`, or with what the engine throws. */
  wait(asked: Asked, isBehind: boolean): Promise<OwnedLock> {
    const { granted } = this.#tasks.add(asked);
    // The caller has just tried. The pump never rejects.
    if (!this.#isChanging) void this.#tasks.pump(isBehind ? "behind" : "wait");
    return granted;
  }

  takeFor(waiter: Waiter): boolean {
    const taking = this.#take(waiter, performance.now());
    if (taking.kind === "busy") return false;
    const now = performance.now();
    this.#turn.begins(now, taking.again, waiter.since);
    this.#grant(waiter, taking.epoch, now);
    return true;
  }

  describeHolder(): Found {
    if (this.#lease !== undefined) return { holder: this.#lease.describe(), sameProcess: true };
    return { holder: this.#engine.holder(), sameProcess: this.isHeld };
  }

  onReleased(lease: Pick<Lease, "tellRelease">): void {
    const now = performance.now();
    this.#isChanging = true;
    this.#lease = undefined;
    this.#turn.used(now);
    try {
      lease.tellRelease(now);
      if (this.#former.isAtLarge) return;
      const next = this.#tasks.first;
      if (next !== undefined && !this.#turn.isOthers(now, this.#engine) && this.#handOver(next, now)) return;
      this.#engine.drop(this.#turn.goesOn(now), now);
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

  /** The lock is let go; what goes wrong with that is met by whoever takes it next, and what was done under it stands. */
  #endBrief(): void {
    if (this.#brief.isLost) this.#former.lost();
    try {
      this.onReleased(this.#brief);
    } catch (error) {
      warn("SESSION_LOCK_RELEASE", String(error));
    }
  }

  /** Ousts the owner on an operator's word. Returns whether there was one. Throws `IO` where it is out, but not fenced off yet. */
  breakLease(reason: string): boolean {
    if (this.#lease?.held !== true) return false; // or it is told just now, and a listener asks for it again
    this.onTakenAway(this.#lease, reason);
    if (this.#former.isAtLarge) this.#finishRelease();
    return true;
  }

  isOursOnDisk(now?: number): boolean {
    try {
      return this.#engine.isOurs(now);
    } catch (error) {
      throw asLockError(error, "look at the lock", this.sessionFile);
    }
  }

  /** Called regularly. Returns false when the entry has had no use for a while and was closed. */
  tick(now: number): boolean {
    this.#tasks.tick(now);
    const lease = this.#lease;
    if (lease !== undefined) {
      lease.tick(now);
      if (lease.held && now - lease.since > longHoldMs) this.#engine.settle();
      return true;
    }
    if (this.#tasks.isPumping) return true;
    this.#finishRelease();
    this.#pumpIfWanted();
    if (this.queued > 0 || now - Math.max(this.#turn.lastUse, this.#openedAt) < idleMs) return true;
    this.close();
    return false;
  }

  close(): void {
    this.#engine.close();
  }

  /** Does what failed when the lock was to be let go: to fence the owner off, or to leave a lock folder. */
  #finishRelease(): void {
    if (this.#former.isAtLarge) this.#former.fenceOff();
    this.#engine.drop(false, performance.now());
  }

  #pumpIfWanted(): void {
    if (this.#tasks.count === 0 || this.isHeld || this.#isChanging || this.#former.isAtLarge) return;
    void this.#tasks.pump(this.owesOthers(performance.now()) ? "behind" : "try"); // it never rejects
  }

  #take({ request, where }: Asked, now: number): Taking {
    if (this.#former.isAtLarge) this.#finishRelease();
    const taking = this.#engine.take({ purpose: request.purpose, where }, now, request.staleMs);
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

  #handOver(next: Waiter, now: number): boolean {
    const epoch = this.#engine.renew({ purpose: next.request.purpose, where: next.where });
    if (epoch === undefined) return false;
    this.#grant(next, epoch, now);
    return true;
  }

  #grant(waiter: Waiter, epoch: number, now: number): void {
    this.#tasks.shift();
    waiter.grant(() => this.#leaseTo(waiter, epoch, now, now - waiter.since));
  }
}
