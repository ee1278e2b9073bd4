/** What the command's exit code says; the numbers are ESLint's. */
export const exitCodes = {
  /** Nothing to report, or nothing that the baseline does not know. */
  clean: 0,
  /** Something breaks the lock discipline. */
  findings: 1,
  /** The command line, a setting or a file could not be read, or the report not be written. */
  trouble: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
