export {
  acquireSessionWriteLock,
  heldSessionWriteLock,
  tryAcquireSessionWriteLock,
  tryWithSessionWriteLock,
  withSessionWriteLock,
} from "./acquire.ts";
export type { BriefSessionWriteLock } from "./brief-lock.ts";
export { SessionLockError } from "./errors.ts";
export type { SessionLockErrorCode, SessionLockHolder } from "./errors.ts";
export type { AcquireSessionWriteLockOptions, EngineName, SessionWriteLockOptions } from "./options.ts";
export type { SessionWriteLock } from "./session-write-lock.ts";
export { breakSessionLock } from "./break.ts";
export type { BreakSessionLockOptions, BrokenSessionLock } from "./break.ts";
export { cleanSessionLocks } from "./clean.ts";
export type { CleanedSessionLocks } from "./clean.ts";
export type {
  AcquireEvent,
  LostEvent,
  ReleaseEvent,
  SessionLockEvents,
  TakeoverEvent,
  TimeoutEvent,
  WaitEvent,
} from "./diagnostics.ts";
export { inspectSessionLock } from "./inspect.ts";
export type { SessionLockStatus } from "./inspect.ts";
export { listSessionLocks } from "./list.ts";
export { collectSessionLockMetrics } from "./metrics.ts";
export type {
  Histogram,
  HistogramBucket,
  SessionLockMetrics,
  SessionLockMetricsCollector,
} from "./metrics.ts";
