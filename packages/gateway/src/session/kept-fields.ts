import type { SessionRecord } from "@session-lock/transcript";
import { Value } from "@sinclair/typebox/value";
import { KeptFields } from "../protocol/session-results.ts";

const FIELDS = Object.entries(KeptFields.properties);
export const KEPT_FIELDS = FIELDS.map(([name]) => name);

/** The kept fields of a session that are set. What another program has put there, of another kind, is left out. */
export function keptFields(record: SessionRecord): KeptFields {
  const set = FIELDS.filter(
    ([name, schema]) => record[name] !== undefined && Value.Check(schema, record[name]),
  );
  return Object.fromEntries(set.map(([name]) => [name, record[name]]));
}
