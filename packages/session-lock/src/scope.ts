import type { AsyncLocalStorage } from "node:async_hooks";
import type { OwnedLock } from "./lease.ts";

/** The locks an async scope owns, innermost first. */
export interface Scope {
  readonly lock: OwnedLock;
  readonly outer: Scope | undefined;
}

/** The live lock on `sessionFile` that the calling async scope owns, if any. Released or lost ones own nothing. */
export function ownedInScope(storage: AsyncLocalStorage<Scope>, sessionFile: string): OwnedLock | undefined {
  for (let scope = storage.getStore(); scope !== undefined; scope = scope.outer)
    if (scope.lock.sessionFile === sessionFile && scope.lock.held) return scope.lock;
  return undefined;
}
