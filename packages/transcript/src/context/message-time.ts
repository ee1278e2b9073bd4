import type { Fields } from "./fields.ts";

/** When a message was written, in milliseconds: its own word, or else its entry's. */
export function timeOf(message: Fields, entryTimestamp: unknown): number {
  if (typeof message["timestamp"] === "number") return message["timestamp"];
  const time = typeof entryTimestamp === "string" ? Date.parse(entryTimestamp) : Number.NaN;
  return Number.isNaN(time) ? 0 : time;
}
