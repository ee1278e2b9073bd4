import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import type { SessionHeader } from "../entry.ts";
import { asIoError, errnoOf, TranscriptError } from "../errors.ts";
import { cwdIn } from "../file/header.ts";
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
    if (header === undefined || cwd === undefined) return header !== undefined;
    const at = cwdIn(header);
    return at !== undefined && path.resolve(at) === path.resolve(cwd);
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

/** The files of a folder that may be sessions, the newest name first. Empty for a folder that is missing. Throws `IO`. */
export function jsonlFilesIn(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort((a, b) => b.localeCompare(a))
    .map((name) => path.join(folder, name));
}

const NOWHERE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"]);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const errno = errnoOf(error);
    // No session was made for this folder yet, or the name leads nowhere.
    if (errno !== undefined && NOWHERE.has(errno)) return [];
    throw asIoError(error, "list", folder);
  }
}

/** A file that is deleted meanwhile counts as the oldest, and so does a link, which is no session. */
function modifiedAt(file: string): number {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.mtimeMs : 0;
}
