export {
  acquireSessionWriteLock,
  heldSessionWriteLock,
  tryAcquireSessionWriteLock,
  withSessionWriteLock,
} from "./acquire.ts";
export { SessionLockError } from "./errors.ts";
export type { SessionLockErrorCode, SessionLockHolder } from "./errors.ts";
export type { AcquireSessionWriteLockOptions, EngineName, SessionWriteLockOptions } from "./options.ts";
export type { SessionWriteLock } from "./session-write-lock.ts";
