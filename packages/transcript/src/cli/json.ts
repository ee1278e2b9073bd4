import { jsonOf } from "../file/json.ts";

/** An object in one line of JSON, piece by piece: `facts`, and behind them a list, of which no string holds all. */
export function* toJson(facts: object, list: readonly object[], name = "entries"): Generator<string> {
  yield `${JSON.stringify(facts).slice(0, -1)},${JSON.stringify(name)}:[`;
  for (const [at, one] of list.entries()) yield `${at === 0 ? "" : ","}${jsonOf(one)}`;
  yield "]}\n";
}
