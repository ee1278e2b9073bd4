import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { errnoOf, TranscriptError } from "./errors.ts";
import { SessionLog } from "./session-log.ts";

/** The session of a folder that was written last; undefined when it has none. */
export function mostRecentSession(folder: string): string | undefined {
  const files = namesIn(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => path.join(folder, name));
  const newestFirst = files
    .map((file) => ({ file, time: modifiedAt(file) }))
    .sort((a, b) => b.time - a.time)
    .map(({ file }) => file);
  return newestFirst.find(isSession);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return []; // no session was made for this folder yet
    throw error;
  }
}

/** A file that is deleted meanwhile counts as the oldest. */
function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isSession(file: string): boolean {
  try {
    return SessionLog.open(file) !== undefined;
  } catch (error) {
    if (error instanceof TranscriptError) return false; // something else that ends in .jsonl
    throw error;
  }
}
