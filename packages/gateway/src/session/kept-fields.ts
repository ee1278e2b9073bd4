import type { SessionRecord } from "@session-lock/transcript";

/** What clients set for each other to see: the gateway keeps it in the session's record and gives it back. */
export const KEPT_FIELDS = [
  "archived",
  "category",
  "color",
  "icon",
  "pinned",
  "reasoningLevel",
  "sendPolicy",
  "traceLevel",
  "verboseLevel",
] as const;

/** The kept fields of a session that are set. */
export function keptFields(record: SessionRecord): Readonly<Record<string, unknown>> {
  const set = KEPT_FIELDS.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]]));
  return Object.fromEntries(set) as Record<string, unknown>;
}
