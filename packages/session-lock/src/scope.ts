import { AsyncLocalStorage } from "node:async_hooks";
import type { OwnedLock } from "./owned-lock.ts";
import { processWide } from "./process-wide.ts";

/** The locks an async scope owns, innermost first. */
interface Scope {
  readonly lock: OwnedLock;
  readonly outer: Scope | undefined;
  /** What was started in it and still runs owns nothing any more, also where its lock goes on as a handle. */
  isOver: boolean;
}

const scopes = processWide("scopes", () => new AsyncLocalStorage<Scope>());

/** A scope to be: it owns `lock`, beside what the calling scope owns. */
export function scopeOf(lock: OwnedLock): Scope {
  return { lock, outer: scopes.getStore(), isOver: false };
}

export function runIn<T>(scope: Scope, fn: () => T): T {
  return scopes.run(scope, fn);
}

/**
 * The lock on `sessionFile` that the calling async scope owns, if any. A released one owns nothing; one that was lost is what there is for as long
 * as its scope runs, which is to learn of that before it writes again: others may have written since it read.
 */
export function ownedInScope(sessionFile: string): OwnedLock | undefined {
  for (let scope = scopes.getStore(); scope !== undefined; scope = scope.outer) {
    const { lock, isOver } = scope;
    if (!isOver && lock.sessionFile === sessionFile && (lock.held || lock.signal.aborted)) return lock;
  }
  return undefined;
}
