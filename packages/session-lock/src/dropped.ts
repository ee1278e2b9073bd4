import { recordCallSites } from "./call-site.ts";

/** What is known of a handle after it is gone. */
export interface DroppedHandle {
  readonly sessionFile: string;
  readonly purpose: string | undefined;
  readonly where: string | undefined;
  /** What the handle was on; it must not lead to the handle, which would then never be collected. */
  readonly lease: { readonly held: boolean };
}

/**
 * Reports handles that were garbage-collected without a release. A lock that was not lost before stays held
 * until its `maxHoldMs`: the code that took it may still be writing under it.
 */
const registry = new FinalizationRegistry<DroppedHandle>(report);

/** Watches a handle. Done only for holds older than one housekeeping interval, which keeps it off the hot path. */
export function watchHandle(handle: object, facts: DroppedHandle): void {
  registry.register(handle, facts, handle);
}

export function unwatchHandle(handle: object): void {
  registry.unregister(handle);
}

function report({ sessionFile, purpose, where, lease }: DroppedHandle): void {
  recordCallSites(); // so that the next report can tell
  const what = purpose === undefined ? "" : ` (purpose ${JSON.stringify(purpose)})`;
  const effect = lease.held
    ? "it stays locked until its maxHoldMs is over"
    : "it had been lost before, and keeps nobody out";
  process.emitWarning(`a write lock on ${sessionFile}${what} was dropped without release(); ${effect}`, {
    type: "SessionLockWarning",
    code: "SESSION_LOCK_DROPPED",
    detail:
      where === undefined ? "set SESSION_LOCK_DEBUG=1 to see where it was acquired" : `acquired at ${where}`,
  });
}
