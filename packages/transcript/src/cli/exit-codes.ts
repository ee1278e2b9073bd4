/** What the command's exit code says; numbers as in sysexits(3), and for signals as a shell has them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 64,
  /** The session has faults of severity E, repair or migrate would change something, or a record cannot be taken over. */
  faults: 65,
  /** There is no such file, or it is no session. */
  noInput: 66,
  /** The write lock is held: try again later. */
  busy: 75,
  /** By SIGINT. */
  interrupted: 130,
  /** By SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
