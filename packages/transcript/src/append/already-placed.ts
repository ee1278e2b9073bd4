import { deferredFromOf } from "./deferred.ts";
import type { Deferred } from "./deferred.ts";
import type { ByteSource } from "../file/lines.ts";
import type { PlacedEntry } from "./place-entry.ts";

/** A session file up to its end, undefined where there is none yet, and what is about to be written behind it. */
interface Written {
  readonly file: ByteSource | undefined;
  readonly end: number;
  readonly staged: readonly PlacedEntry[];
}

const FIRST_WINDOW_BYTES = 16 * 1024;
// No text has these: quotes are escaped in one.
const ID = /"id":"([^"\\]+)","parentId":/g;
const DEFERRED_FROM = /"deferredFrom":"([^"\\]+)"/g;

/** Which of these deferred entries have become a message, perhaps on a branch that was left since: their ids, and others. */
export function alreadyPlaced(
  deferred: readonly Deferred[],
  { file, end, staged }: Written,
): ReadonlySet<string> {
  const entries = staged.flatMap((one) => (one.isPlain ? [] : [one.entry]));
  const ids = new Set(entries.map(({ id }) => id));
  const inFile = deferred.filter(({ id }) => !ids.has(id));
  const placed = file === undefined || inFile.length === 0 ? [] : placedFrom(file, end, inFile);
  return new Set([...placed, ...entries.flatMap((entry) => deferredFromOf(entry) ?? [])]);
}

/** Reads backwards to the first of them, as no message stands before the entry that it was deferred in. */
function placedFrom(source: ByteSource, end: number, deferred: readonly Deferred[]): ReadonlySet<string> {
  for (let window = FIRST_WINDOW_BYTES; ; window *= 4) {
    const start = Math.max(0, end - window);
    const text = source.read(start, end).toString("latin1");
    const ids = namesIn(text, ID);
    if (start === 0 || deferred.every(({ id }) => ids.has(id))) return namesIn(text, DEFERRED_FROM);
  }
}

function namesIn(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set(Array.from(text.matchAll(pattern), ([, name = ""]) => name));
}
