import { AsyncLocalStorage } from "node:async_hooks";
import type { OwnedLock } from "./owned-lock.ts";
import { processWide } from "./process-wide.ts";

/** The locks an async scope owns, innermost first. */
interface Scope {
  readonly lock: OwnedLock;
  readonly outer: Scope | undefined;
}

const scopes = processWide("scopes", () => new AsyncLocalStorage<Scope>());

/** Runs `fn` in a scope that owns `lock`, beside what the calling scope owns. */
export function runAsOwner<T>(lock: OwnedLock, fn: () => T): T {
  return scopes.run({ lock, outer: scopes.getStore() }, fn);
}

/** The live lock on `sessionFile` that the calling async scope owns, if any. Released or lost ones own nothing. */
export function ownedInScope(sessionFile: string): OwnedLock | undefined {
  for (let scope = scopes.getStore(); scope !== undefined; scope = scope.outer)
    if (scope.lock.sessionFile === sessionFile && scope.lock.held) return scope.lock;
  return undefined;
}
