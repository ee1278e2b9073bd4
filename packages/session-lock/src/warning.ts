/** Tells the operator what no caller can be told. */
export function warn(code: string, message: string): void {
  process.emitWarning(message, { type: "SessionLockWarning", code });
}
