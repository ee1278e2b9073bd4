import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { SessionHeader } from "../entry.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { SessionFile } from "../file/session-file.ts";
import { readHeader } from "../file/tail.ts";

/** The session of a folder that was written last; undefined when it has none. With `cwd`, of those started there. */
export function mostRecentSession(folder: string, cwd?: string): string | undefined {
  const newestFirst = jsonlFilesIn(folder)
    .map((file) => ({ file, time: modifiedAt(file) }))
    .sort((a, b) => b.time - a.time)
    .map(({ file }) => file);
  return newestFirst.find((file) => {
    const header = sessionHeaderOf(file);
    return header && (cwd === undefined || path.resolve(header.cwd) === path.resolve(cwd));
  });
}

/** The header of a session file, undefined for anything else. */
export function sessionHeaderOf(path: string): SessionHeader | undefined {
  try {
    using file = SessionFile.open(path, "read");
    const size = file?.stat().size ?? 0;
    return file && size > 0 ? readHeader(file, size, path) : undefined;
  } catch (error) {
    if (error instanceof TranscriptError) return undefined; // something else that ends in .jsonl
    throw error;
  }
}

/** The files of a folder that may be sessions, the newest name first. Empty for a folder that is missing. */
export function jsonlFilesIn(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort((a, b) => b.localeCompare(a))
    .map((name) => path.join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return []; // no session was made for this folder yet
    throw error;
  }
}

/** A file that is deleted meanwhile counts as the oldest. */
function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
