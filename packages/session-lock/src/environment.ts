import type { EngineName } from "./options.ts";

/** The engine forced by `SESSION_LOCK_ENGINE`, if any. */
export function engineFromEnvironment(): EngineName | undefined {
  const value = process.env["SESSION_LOCK_ENGINE"];
  if (value === undefined || value === "") return undefined;
  if (value === "kernel" || value === "lockfile") return value;
  throw new TypeError(`SESSION_LOCK_ENGINE must be "kernel" or "lockfile", not ${JSON.stringify(value)}`);
}

/** Whether to record where each lock was acquired: `SESSION_LOCK_DEBUG=1`. Costs about 4 µs per acquire. */
export function isDebugging(): boolean {
  const value = process.env["SESSION_LOCK_DEBUG"];
  return value !== undefined && value !== "" && value !== "0";
}
