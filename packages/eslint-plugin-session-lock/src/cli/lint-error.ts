export type LintErrorCode = "USAGE" | "NO_FILES" | "BAD_SETTINGS" | "BAD_BASELINE" | "NO_PARSER" | "IO";

/** Why a run could not start or end. */
export class LintError extends Error {
  override readonly name = "LintError";
  readonly code: LintErrorCode;

  constructor(code: LintErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
