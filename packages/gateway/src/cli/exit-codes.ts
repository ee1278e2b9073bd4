/** What the exit code says; numbers as in sysexits(3). */
export const exitCodes = {
  ok: 0,
  /** The gateway refused the call, or `serve` could not start. */
  failed: 1,
  usage: 64,
  /** No gateway answers at the address. */
  unreachable: 69,
  /** It cannot now: try again later. */
  tryLater: 75,
  /** The token was refused. */
  noPermission: 77,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
