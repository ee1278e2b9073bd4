import { performance } from "node:perf_hooks";
import { isObserved, publish } from "./diagnostics.ts";
import { unwatchHandle, watchHandle } from "./dropped.ts";
import { asLockError, goneReason, lostError, releasedError, SessionLockError } from "./errors.ts";
import type { SessionLockHolder } from "./errors.ts";
import type { EngineName, LockRequest } from "./options.ts";
import { atWork, enter, nest } from "./owned-lock.ts";
import type { OwnedLock } from "./owned-lock.ts";
import { identity } from "./owner.ts";
import { runIn, scopeOf } from "./scope.ts";

/** What a lease needs from the queue it was granted by. */
export interface LeaseHost {
  readonly sessionFile: string;
  /** The last hold of this lease has ended. */
  onReleased(lease: Lease): void;
  /** Whether the lock on disk is still ours; `now` as of `Engine.isOurs`. Throws `IO`. */
  isOursOnDisk(now?: number): boolean;
  onTakenAway(lease: Lease, reason: string): void;
}

/** An owner that does not ask learns within this time that its lock was taken away, in ms. */
const lookMs = 1_000;

/** One owner's possession of the lock: shared by its first handle and every nested one. */
export class Lease {
  readonly epoch: number;
  readonly purpose: string | undefined;
  readonly where: string | undefined;
  /** Monotonic ms. */
  readonly since: number;
  readonly deadline: number;
  readonly #host: LeaseHost;
  #state: "held" | "released" | SessionLockError = "held";
  #holds = 0;
  #scopes = 0;
  /** Handles made since the last look; kept here only until somebody watches for their collection. */
  #unwatched: Hold[] = [];
  #controller: AbortController | undefined;
  /** When an owner that may not ask was last looked after, in monotonic ms. */
  #lookedAt = 0;

  constructor(host: LeaseHost, request: LockRequest, facts: Pick<Lease, "epoch" | "where" | "since">) {
    this.#host = host;
    this.epoch = facts.epoch;
    this.purpose = request.purpose;
    this.where = facts.where;
    this.since = facts.since;
    this.deadline = facts.since + request.maxHoldMs;
  }

  get sessionFile(): string {
    return this.#host.sessionFile;
  }

  tellAcquire(engine: EngineName, waitedMs: number): void {
    if (!isObserved("acquire")) return;
    const { sessionFile, epoch, purpose } = this;
    publish("acquire", () => ({ sessionFile, engine, epoch, purpose, waitedMs }));
  }

  tellRelease(now: number): void {
    if (!isObserved("release")) return;
    const { sessionFile, epoch, purpose, since } = this;
    publish("release", () => ({ sessionFile, epoch, purpose, heldMs: now - since }));
  }

  get held(): boolean {
    return this.#state === "held";
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#state instanceof SessionLockError) this.#controller.abort(this.#state);
    return this.#controller.signal;
  }

  assertHeld(): void {
    this.#look(performance.now());
    if (this.#state instanceof SessionLockError) throw this.#state;
    if (this.#state === "released") throw releasedError(this.sessionFile);
  }

  /** Called regularly: from now on a handle that is dropped without release is reported; and whoever never asks learns that the right is lost. */
  tick(now: number): void {
    for (const hold of this.#unwatched) if (hold.held) hold.watch();
    this.#unwatched = [];
    if (now <= this.deadline && now - Math.max(this.since, this.#lookedAt) <= lookMs) return;
    this.#lookedAt = now;
    this.#look(now);
  }

  /** Ends a hold that has lasted longer than its `maxHoldMs`, or whose lock was taken away. */
  #look(now: number): void {
    if (this.#state !== "held") return;
    if (now > this.deadline) {
      const heldMs = Math.round(now - this.since);
      this.#host.onTakenAway(this, `it was held for ${heldMs} ms, longer than its maxHoldMs allows`);
    } else if (!this.#host.isOursOnDisk()) this.#host.onTakenAway(this, goneReason);
  }

  hold(): Hold {
    this.#holds += 1;
    const hold = new Hold(this, true);
    this.#unwatched.push(hold);
    return hold;
  }

  get isScoped(): boolean {
    return this.#scopes > 0;
  }

  /** Runs `fn` in a scope that owns `hold`. */
  async runScoped<T>(hold: OwnedLock, fn: () => T | Promise<T>): Promise<T> {
    this.#scopes += 1;
    const scope = scopeOf(hold);
    try {
      return await runIn(scope, fn);
    } finally {
      scope.isOver = true;
      this.#scopes -= 1;
    }
  }

  /** A handle for somebody who may use the lock but does not own it: its release ends nothing. */
  view(): OwnedLock {
    return new Hold(this, false);
  }

  endHold(): void {
    this.#holds -= 1;
    if (this.#holds > 0 || this.#state !== "held") return;
    // In memory first: from here on nothing may be written in this lease's name.
    this.#state = "released";
    this.#host.onReleased(this);
  }

  /** Ends the right to write, in memory, at once. */
  revoke(reason: string): void {
    if (this.#state !== "held") return;
    const { sessionFile } = this;
    this.#state = lostError(sessionFile, reason, this.describe());
    this.#controller?.abort(this.#state);
  }

  describe(): SessionLockHolder {
    return {
      pid: process.pid,
      host: identity().host,
      purpose: this.purpose,
      acquiredAt: Math.round(performance.timeOrigin + this.since),
      epoch: this.epoch,
      where: this.where,
    };
  }
}

/** One handle on a lease. */
class Hold implements OwnedLock {
  readonly #lease: Lease;
  readonly #counts: boolean;
  #ended = false;
  #watched = false;

  constructor(lease: Lease, counts: boolean) {
    this.#lease = lease;
    this.#counts = counts;
  }

  get sessionFile(): string {
    return this.#lease.sessionFile;
  }

  get epoch(): number {
    return this.#lease.epoch;
  }

  get purpose(): string | undefined {
    return this.#lease.purpose;
  }

  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  get held(): boolean {
    return !this.#ended && this.#lease.held;
  }

  assertHeld(): void {
    if (this.#ended && this.#lease.held) throw releasedError(this.sessionFile);
    this.#lease.assertHeld();
  }

  async run<T>(fn: () => T | Promise<T>): Promise<T> {
    this.assertHeld();
    return this.#lease.runScoped(this, fn);
  }

  [enter]<T>(fn: () => T | Promise<T>): Promise<T> {
    return this.#lease.runScoped(this, fn);
  }

  release(): Promise<void> {
    if (this.#ended) return done;
    this.#ended = true;
    if (this.#watched) unwatchHandle(this);
    if (!this.#counts) return done;
    try {
      this.#lease.endHold();
      return done;
    } catch (error) {
      return Promise.reject(asLockError(error, "release the lock", this.sessionFile));
    }
  }

  watch(): void {
    this.#watched = true;
    const { sessionFile, purpose, where } = this.#lease;
    watchHandle(this, { sessionFile, purpose, where, lease: this.#lease });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  get [atWork](): boolean {
    return this.#lease.isScoped;
  }

  [nest](): OwnedLock {
    return this.#lease.hold();
  }
}

const done = Promise.resolve();
