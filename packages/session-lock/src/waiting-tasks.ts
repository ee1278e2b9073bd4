import { isObserved, publish } from "./diagnostics.ts";
import type { Engine } from "./engine.ts";
import { asLockError } from "./errors.ts";
import { Waiter } from "./waiter.ts";
import type { Asked, Found, WaiterHost } from "./waiter.ts";

/** Whoever waits looks again after this long, whatever woke or did not wake it, in ms. */
const longestParkMs = 250;

/** What the waiting tasks need from the lock they wait for. */
export interface TakingHost {
  readonly sessionFile: string;
  readonly isHeld: boolean;
  /** Takes the lock for the first of them, if it can be had. Throws what the engine throws. */
  takeFor(waiter: Waiter): boolean;
  describeHolder(): Found;
}

/**
 * The tasks of this process that wait for one session file, first come first served.
 *
 * While another process holds, one pump tries and parks in turns for all of them; it settles every waiter itself and
 * never rejects.
 */
export class WaitingTasks implements WaiterHost {
  readonly sessionFile: string;
  readonly #host: TakingHost;
  readonly #engine: Engine;
  #waiters: Waiter[] = [];
  #isPumping = false;
  #unpark: (() => void) | undefined;
  /** When that was first seen, in monotonic ms. */
  #parkedAt: number | undefined;

  constructor(host: TakingHost, engine: Engine) {
    this.sessionFile = host.sessionFile;
    this.#host = host;
    this.#engine = engine;
  }

  get isPumping(): boolean {
    return this.#isPumping;
  }

  get isIdle(): boolean {
    return !this.#isPumping && this.#waiters.length === 0;
  }

  get count(): number {
    return this.#waiters.length;
  }

  get first(): Waiter | undefined {
    return this.#waiters[0];
  }

  add(asked: Asked): Waiter {
    const waiter = new Waiter(asked, this);
    this.#waiters.push(waiter);
    if (isObserved("wait"))
      publish("wait", () => ({ sessionFile: this.sessionFile, queued: this.#waiters.length }));
    return waiter;
  }

  /** The first one waits no more. */
  shift(): void {
    this.#waiters.shift();
  }

  onLeft(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((one) => one !== waiter);
    if (this.#waiters.length === 0) this.#unpark?.();
  }

  describeHolder(): Found {
    return this.#host.describeHolder();
  }

  /** Called regularly: gives up for those whose time is over, after a last try for the one whose turn it is. */
  tick(now: number): void {
    const [first] = this.#waiters;
    if (first?.isOver(now) === true && this.#takesAtLast(first)) this.#unpark?.();
    for (const waiter of [...this.#waiters]) if (waiter.isOver(now)) waiter.timeOut();
    if (this.#unpark === undefined) return;
    this.#parkedAt ??= now;
    if (now - this.#parkedAt > longestParkMs) this.#unpark();
  }

  /** Nobody may have been woken since the lock got free: its owner died, or those who are in front do not come. */
  #takesAtLast(waiter: Waiter): boolean {
    if (this.#unpark === undefined || this.#host.isHeld) return false;
    try {
      return this.#host.takeFor(waiter);
    } catch {
      return false; // the next try meets it too
    }
  }

  /** `wait`: begins with a wait. `behind`: begins with one in which those who wait already go first. */
  async pump(begin: "try" | "wait" | "behind"): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (let step = begin; ; step = "try") {
        const next = this.#waiters[0];
        if (next === undefined || this.#host.isHeld) return;
        if (step === "try" && this.#host.takeFor(next)) return;
        const parking = this.#engine.park(step === "behind");
        if (parking.woken === undefined) continue;
        this.#unpark = parking.end;
        this.#parkedAt = undefined;
        await parking.woken;
        this.#unpark = undefined;
      }
    } catch (error) {
      const refusal = asLockError(error, "take the lock", this.sessionFile);
      for (const waiter of this.#waiters.splice(0)) waiter.refuse(refusal);
    } finally {
      this.#isPumping = false;
      this.#engine.withdraw();
    }
  }
}
