import { anchorAt } from "./anchor.ts";
import type { SessionHeader } from "../entry.ts";
import type { FileStat, SessionFile } from "./session-file.ts";
import { readTail } from "./tail.ts";

/** Most entries are shorter; and what is larger a Buffer does not take from its pool, which costs more than reading it. */
const LAST_BYTES = 4_000;

/** The file as it was when we looked last. */
export interface KnownEnd extends FileStat {
  /** End of the last complete line. */
  readonly end: number;
  readonly leafId: string | undefined;
  /** What stood before `end`: where that changed, the file is read anew. */
  readonly anchor: string;
}

/** What is known behind an entry that was just written. */
export function knownBehind(known: KnownEnd, leafId: string, length: number, anchor: string): KnownEnd {
  const size = known.size + length;
  return { dev: known.dev, ino: known.ino, size, end: size, leafId, anchor };
}

/** Whether what is known is still there, so that only what is behind it has to be read. */
export function isContinuation(file: SessionFile, known: KnownEnd, stat: FileStat): boolean {
  if (stat.dev !== known.dev || stat.ino !== known.ino) return false;
  return isSettled(known, stat) || (stat.size >= known.end && anchorAt(file, known.end) === known.anchor);
}

/** Whether the file is the one that is known, to its last byte. */
export function isUntouched(known: KnownEnd, stat: FileStat): boolean {
  return isSettled(known, stat) && stat.ino === known.ino && stat.dev === known.dev;
}

/** False also where the file ended in a torn tail: another writer may have put as many bytes of its own in its place. */
export function isSettled({ end, size }: KnownEnd, stat: FileStat): boolean {
  return stat.size === size && end === size;
}

/** Whether the last entry before `end` has this id. */
export function isLastEntry(
  id: string | undefined,
  file: SessionFile,
  end: number,
  header: SessionHeader,
): boolean {
  // Nearly always it has, and a look finds it without parsing.
  const bytes = file.read(end - Math.min(end, LAST_BYTES), end);
  return bytes.includes(`"id":"${id ?? ""}"`) || readTail(file, end, header).last?.id === id;
}
