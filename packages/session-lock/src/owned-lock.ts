import type { SessionWriteLock } from "./session-write-lock.ts";

export const nest = Symbol.for("session-lock.nest.1");
export const atWork = Symbol.for("session-lock.at-work.1");
export const enter = Symbol.for("session-lock.enter.1");

/** A handle as other parts of this package see it, whichever copy of the package made it. */
export interface OwnedLock extends SessionWriteLock {
  readonly [nest]: () => OwnedLock;
  readonly [atWork]: boolean;
  /** As `run`, for a right that was looked at this instant. */
  readonly [enter]: <T>(fn: () => T | Promise<T>) => Promise<T>;
}

/** Makes a nested hold of a live lock. */
export function nestedHold(lock: OwnedLock): OwnedLock {
  return lock[nest]();
}

/** Whether an async scope is running as the lock's owner right now. */
export function isAtWork(lock: OwnedLock): boolean {
  return lock[atWork];
}

export function isOwnedLock(lock: SessionWriteLock): lock is OwnedLock {
  return nest in lock;
}
