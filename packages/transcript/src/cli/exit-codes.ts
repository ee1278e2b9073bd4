/** What the command's exit code says; numbers as in sysexits(3). */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 64,
  /** The session has faults of severity E, or repair would change something. */
  faults: 65,
  /** There is no such file, or it is no session. */
  noInput: 66,
  /** The write lock is held: try again later. */
  busy: 75,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
