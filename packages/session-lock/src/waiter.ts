import { publish } from "./diagnostics.ts";
import { waitBegins, waitEnds } from "./housekeeper.ts";
import { SessionLockError } from "./errors.ts";
import type { SessionLockHolder } from "./errors.ts";
import type { OwnedLock } from "./owned-lock.ts";
import type { LockRequest } from "./options.ts";

/** Who has the lock that a task waits for, or is refused. */
export interface Found {
  readonly holder: SessionLockHolder | undefined;
  readonly sameProcess: boolean;
}

export interface WaiterHost {
  readonly sessionFile: string;
  /** The waiter has given up. */
  onLeft(waiter: Waiter): void;
  describeHolder(): Found;
}

/** What a call asked for, where in the program, and when, in monotonic ms. */
export type Asked = Pick<Waiter, "request" | "where" | "since">;

/** One call that waits for the lock: granted, refused, timed out or aborted, whichever comes first. */
export class Waiter {
  readonly request: LockRequest;
  readonly where: string | undefined;
  readonly granted: Promise<OwnedLock>;
  readonly since: number;
  #resolve: (lock: OwnedLock) => void = unset;
  #reject: (error: SessionLockError) => void = unset;
  readonly #host: WaiterHost;
  readonly #onAbort: (() => void) | undefined;
  #isSettled = false;

  constructor({ request, where, since }: Asked, host: WaiterHost) {
    this.request = request;
    this.where = where;
    this.since = since;
    this.granted = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#host = host;
    waitBegins();
    if (request.signal === undefined) return;
    this.#onAbort = () => this.#giveUp(abortedError(host.sessionFile, request.signal));
    request.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  get waitedMs(): number {
    return Math.round(performance.now() - this.since);
  }

  /** The wait is over before `lease` tells anybody of the grant: a listener that aborts it then is too late. */
  grant(lease: () => OwnedLock): void {
    this.#stop();
    this.#resolve(lease());
  }

  refuse(error: SessionLockError): void {
    this.#stop();
    this.#reject(error);
  }

  /** Whether it has waited for as long as it was to. */
  isOver(now: number): boolean {
    return now - this.since >= this.request.timeoutMs;
  }

  timeOut(): void {
    this.#giveUp(this.#timeoutError());
  }

  /** A listener that is told of a timeout may abort the wait meanwhile: it ends once. */
  #giveUp(error: SessionLockError): void {
    if (this.#isSettled) return;
    this.refuse(error);
    this.#host.onLeft(this);
  }

  #stop(): void {
    this.#isSettled = true;
    waitEnds();
    if (this.#onAbort !== undefined) this.request.signal?.removeEventListener("abort", this.#onAbort);
  }

  #timeoutError(): SessionLockError {
    return timeoutError(
      this.#host.sessionFile,
      this.request.timeoutMs,
      this.waitedMs,
      this.#host.describeHolder(),
    );
  }
}

/** Until the promise is made, which is at once. */
const unset = (): void => undefined;

export function abortedError(sessionFile: string, signal: AbortSignal | undefined): SessionLockError {
  return new SessionLockError("ABORTED", `waiting for the write lock on ${sessionFile} was aborted`, {
    sessionFile,
    cause: signal?.reason,
  });
}

/** Reports and makes a `TIMEOUT`. Keeps the words that tools already look for, "session file locked", and adds who, where and since when. */
export function timeoutError(
  sessionFile: string,
  timeoutMs: number,
  waitedMs: number,
  found: Found,
): SessionLockError {
  const { holder, sameProcess } = found;
  publish("timeout", () => ({ sessionFile, waitedMs, holder, sameProcess }));
  return new SessionLockError(
    "TIMEOUT",
    `session file locked (timeout ${timeoutMs}ms): ${describe(holder, sameProcess)}: ${sessionFile}`,
    { sessionFile, holder, waitedMs, sameProcess, retryAfterMs: Math.min(5_000, Math.max(50, timeoutMs)) },
  );
}

function describe(holder: SessionLockHolder | undefined, sameProcess: boolean): string {
  if (holder === undefined) return "held by a process that left no readable record";
  const facts = [
    sameProcess ? `held by another task of this process, pid=${holder.pid}` : `held by pid=${holder.pid}`,
    ...(holder.host === undefined ? [] : [`host=${holder.host}`]),
    ...(holder.purpose === undefined ? [] : [`purpose=${JSON.stringify(holder.purpose)}`]),
    `for ${Math.max(0, Date.now() - holder.acquiredAt)}ms`,
    ...(holder.where === undefined ? [] : [`acquired at ${holder.where}`]),
  ];
  return facts.join(" ");
}
