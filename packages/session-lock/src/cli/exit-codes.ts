/** What the command's exit code says; numbers as in sysexits(3). */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 64,
  /** The lock is held: try again later. */
  busy: 75,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
