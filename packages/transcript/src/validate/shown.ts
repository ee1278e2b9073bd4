import { jsonOf } from "../file/json.ts";

/** A value of a session as a finding tells it. What came from JSON may be an object that has no text (`{ "toString": 5 }`). */
export function shown(value: unknown): string {
  return typeof value === "object" && value !== null ? jsonOf(value) : String(value);
}
