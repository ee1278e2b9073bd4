import type { WriteGuard } from "./guarded-log.ts";

/** How `SessionManager.open` opens, in our form. */
export interface OpenSessionOptions extends WriteGuard {
  /** Where `newSession` and `createBranchedSession` put their files. Default: the folder of the opened file. */
  readonly sessionDir?: string;
  /** Used instead of the header's working folder. */
  readonly cwdOverride?: string;
  /**
   * `"0.73"`: a file that is not a session is replaced by a new session, as pi did up to 0.73, instead of refused. That is a
   * write, and demands the lock at once; the bytes that were there are kept in `<file>.rej`. Default: refused.
   */
  readonly compat?: "0.73";
}

/** What a new session starts with. */
export interface NewSessionOptions {
  /** Default: a new uuid. */
  readonly id?: string;
  /** The file this session was forked from. */
  readonly parentSession?: string;
}

/** Where the next entry goes when that is not the leaf. `null` makes it a root. */
export interface BranchPoint {
  readonly id: string | null;
}

/** Where a manager makes its sessions, and how it writes them. */
export interface SessionSite {
  readonly cwd: string;
  readonly sessionDir: string;
  readonly guard: WriteGuard & Pick<OpenSessionOptions, "compat">;
}
