import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { acquireSessionWriteLock, tryAcquireSessionWriteLock, tryWithSessionWriteLock } from "session-lock";
import type { AcquireSessionWriteLockOptions, SessionWriteLock } from "session-lock";
import { abortedError } from "./aborted.ts";
import type { Durability } from "./durability.ts";
import type { Appended } from "./appended.ts";
import { FileWriter } from "./group-writer.ts";
import type { FileWriterSettings, GroupWriter, Outcome } from "./group-writer.ts";
import type { SessionLog } from "../file/session-log.ts";
import type { Spill } from "../spill/spill-file.ts";
import { SpillingWriter } from "../spill/spilling-writer.ts";
import { isUsual } from "./stage-request.ts";
import type { AppendRequest, StagedRequest } from "./stage-request.ts";
import { LockLooks } from "./write-right.ts";

export interface AppendQueueSettings extends FileWriterSettings {
  /** Where appends go that the session's disk refuses. Default: nowhere, they fail. */
  readonly spill?: Spill | undefined;
}

/** A request that is not settled yet. It is in `#waiting` until somebody who has the lock takes it from there. */
interface Pending {
  readonly request: AppendRequest;
  /** When it was made, monotonic ms. */
  readonly since: number;
  readonly resolve: (appended: readonly Appended[]) => void;
  readonly reject: (error: unknown) => void;
  stopWatching: (() => void) | undefined;
}

const GATHER_MS = 2;
/** The default of session-lock. */
const TIMEOUT_MS = 10_000;

/**
 * The appends of one transcript object.
 *
 * Where no sync is to be shared, an append that meets a free lock is written in the call itself. Else it waits, and one of
 * those that wait, the leader, asks for the lock; whoever gets it writes for all that are waiting: one lock, one write, one
 * sync. An append inside the scope of the lock's owner cannot wait for the leader, who waits for that owner: it re-enters,
 * and then writes for all.
 */
export class AppendQueue {
  readonly #path: string;
  readonly #durability: Durability;
  readonly #file: FileWriter;
  /** Undefined where nothing is spilled and nothing waits. */
  readonly spilling: SpillingWriter | undefined;
  readonly #looks = new LockLooks();
  readonly #unsettled = new Set<Pending>();
  #waiting: Pending[] = [];
  #leader: Pending | undefined;
  #gathering: Promise<void> | undefined;
  #writing: Promise<Outcome> | undefined;
  #onIdle: (() => void)[] = [];

  constructor(log: SessionLog, settings: AppendQueueSettings) {
    this.#path = log.path;
    this.#durability = settings.durability;
    this.#file = new FileWriter(log, settings);
    this.spilling = settings.spill && new SpillingWriter(log, this.#file, settings.spill);
  }

  /** What became of the request, at once or when that is known; throws or rejects when nothing of it is acknowledged. */
  append(request: AppendRequest): readonly Appended[] | Promise<readonly Appended[]> {
    if (!this.#isQuiet() || !isUsual(request)) return this.#wait(request);
    const within = request.lock?.within;
    if (within !== undefined) {
      // A lock that is over, or another file's: the normal way says so.
      if (!within.held || within.sessionFile !== this.#path) return this.#wait(request);
      return this.#file.writeNow(this.#looks.rightOf(within), request);
    }
    const appended = tryWithSessionWriteLock(this.#path, (right) => this.#file.writeNow(right, request));
    return appended ?? this.#wait(request);
  }

  /** Nobody would come along, nobody is to go first, and nothing is done but the write. */
  #isQuiet(): boolean {
    if (this.#durability !== "os" || this.spilling !== undefined) return false;
    return this.#waiting.length === 0 && this.#leader === undefined && this.#writing === undefined;
  }

  #wait(request: AppendRequest): Promise<readonly Appended[]> {
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const pending: Pending = { request, since, resolve, reject, stopWatching: undefined };
      this.#unsettled.add(pending);
      this.#waiting.push(pending);
      if (request.lock?.signal !== undefined) this.#watch(pending, request.lock.signal);
      // Settles the request, sooner or later, and never rejects.
      void this.#seeTo(pending);
    });
  }

  /** Resolves when no append is under way. Their failures are their callers'. */
  async idle(): Promise<void> {
    if (this.#unsettled.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** What is being written when the signal comes is written to its end. */
  #watch(pending: Pending, signal: AbortSignal): void {
    const onAbort = () => this.#giveUp(pending, abortedError(this.#path, signal));
    signal.addEventListener("abort", onAbort, { once: true });
    pending.stopWatching = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  }

  async #seeTo(pending: Pending): Promise<void> {
    if (this.#durability === "batch") await this.#gather();
    if (this.#leader === undefined) return this.#lead(pending, timeoutOf(pending));
    await this.#reenter(pending).catch((error: unknown) => this.#giveUp(pending, error));
  }

  /** In the scope of the lock's owner. Elsewhere there is nothing to do: the leader takes this one along. */
  async #reenter(pending: Pending): Promise<void> {
    const own = tryAcquireSessionWriteLock(this.#lockOptions(pending, 0));
    if (own === undefined) return;
    try {
      await Promise.resolve(); // those who append in this same moment come along
      await this.#flush(own);
    } finally {
      await own.release().catch(tellOfLock);
    }
  }

  /** Lets those who append in the next moment come along: they share this wait, and then one write and one sync. */
  #gather(): Promise<void> {
    return (this.#gathering ??= setTimeout(GATHER_MS).then(() => void (this.#gathering = undefined)));
  }

  async #lead(pending: Pending, timeoutMs: number): Promise<void> {
    if (!this.#waiting.includes(pending)) return;
    this.#leader = pending;
    let lock: SessionWriteLock | undefined;
    try {
      lock = await acquireSessionWriteLock(this.#lockOptions(pending, timeoutMs));
      this.#leader = undefined;
      await this.#flush(lock);
      return;
    } catch (error) {
      this.#leader = undefined;
      // Who got the lock meanwhile may have taken it along; else nobody may, while it is put elsewhere.
      if (this.#withdraw(pending))
        this.#settleAll([pending], await this.#writer.withoutLock(pending.request, error));
    } finally {
      await lock?.release().catch(tellOfLock);
    }
    const [next] = this.#waiting;
    if (next === undefined) return;
    const waitedMs = performance.now() - next.since;
    await this.#lead(next, Math.max(0, Math.round(timeoutOf(next) - waitedMs)));
  }

  #lockOptions(pending: Pending, timeoutMs: number): AcquireSessionWriteLockOptions {
    const { lock } = pending.request;
    return lock === undefined
      ? { sessionFile: this.#path, timeoutMs }
      : { ...lock, sessionFile: this.#path, timeoutMs };
  }

  async #flush(lock: SessionWriteLock): Promise<void> {
    const right = this.#looks.rightTaken(lock);
    // Two of one owner's scope: the entries of the second go behind those that are being synced.
    while (this.#writing !== undefined) await this.#writing;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) {
      await lock.release().catch(tellOfLock);
      return;
    }
    const requests = group.map(({ request }) => request);
    this.#writing = this.#writer.write(right, requests);
    const outcome = await this.#writing;
    this.#writing = undefined;
    // Before they are told, so that who appends next finds it free.
    await lock.release().catch(tellOfLock);
    this.#settleAll(group, outcome);
  }

  get #writer(): GroupWriter {
    return this.spilling ?? this.#file;
  }

  #settleAll(group: readonly Pending[], outcome: Outcome): void {
    for (const [at, pending] of group.entries()) {
      if (outcome.kind === "written") this.#settle(pending, outcome.results[at]);
      else this.#refuse(pending, outcome.error);
    }
  }

  #settle(pending: Pending, result: StagedRequest | undefined): void {
    if (result === undefined || result instanceof Error) {
      this.#refuse(pending, result);
      return;
    }
    this.#leave(pending);
    pending.resolve(result);
  }

  /** Refuses a request that nobody is writing. */
  #giveUp(pending: Pending, error: unknown): void {
    if (this.#withdraw(pending)) this.#refuse(pending, error);
  }

  /** False when somebody has taken it from those that wait, and will settle it. */
  #withdraw(pending: Pending): boolean {
    const at = this.#waiting.indexOf(pending);
    if (at !== -1) this.#waiting.splice(at, 1);
    return at !== -1;
  }

  #refuse(pending: Pending, error: unknown): void {
    this.#leave(pending);
    pending.reject(error);
  }

  #leave(pending: Pending): void {
    pending.stopWatching?.();
    this.#unsettled.delete(pending);
    if (this.#unsettled.size === 0) for (const tell of this.#onIdle.splice(0)) tell();
  }
}

/** What was written is where it belongs, so no append fails for it; whoever wants the lock next meets what is wrong. */
function tellOfLock(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}

function timeoutOf({ request }: Pending): number {
  return request.lock?.timeoutMs ?? TIMEOUT_MS;
}
