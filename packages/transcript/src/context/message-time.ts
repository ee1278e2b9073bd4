import type { Fields } from "./fields.ts";

/** When a message was written, in milliseconds: its own word, or else its entry's. */
export function timeOf(message: Fields, entryTimestamp: unknown): number {
  if (typeof message["timestamp"] === "number") return message["timestamp"];
  const time = millisecondsOf(entryTimestamp);
  return Number.isNaN(time) ? 0 : time;
}

/** Milliseconds since the epoch; NaN for what is no time. */
export function millisecondsOf(timestamp: unknown): number {
  return typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
}
