import type { SessionEntry } from "../entry.ts";
import { jsonOf } from "../file/json.ts";

/** An object in one line of JSON, piece by piece: `facts`, and behind them the entries, of which no string holds all. */
export function* toJson(facts: object, entries: readonly SessionEntry[]): Generator<string> {
  yield `${JSON.stringify(facts).slice(0, -1)},"entries":[`;
  for (const [at, entry] of entries.entries()) yield `${at === 0 ? "" : ","}${jsonOf(entry)}`;
  yield "]}\n";
}
