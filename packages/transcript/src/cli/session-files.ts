import { readdirSync } from "node:fs";
import type { Dirent } from "node:fs";
import path from "node:path";
import { asIoError, errnoOf, TranscriptError } from "../errors.ts";

/** What is below a folder: what may be session files, and the folders that cannot be looked into. */
export interface FoundSessions {
  readonly files: readonly string[];
  readonly closed: readonly { readonly folder: string; readonly problem: string }[];
}

/** Throws `NOT_FOUND` when `root` is no folder. Links to folders are not followed. */
export function sessionFilesBelow(root: string): FoundSessions {
  const files: string[] = [];
  const closed: { folder: string; problem: string }[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for (const entry of entriesOf(folder)) {
        const at = path.join(folder, entry.name);
        if (entry.isDirectory()) folders.push(at);
        else if (entry.name.endsWith(".jsonl")) files.push(at);
      }
    } catch (error) {
      if (folder === root || !(error instanceof TranscriptError)) throw error;
      closed.push({ folder, problem: error.message });
    }
  }
  return { files: files.sort(), closed };
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") throw new TranscriptError("NOT_FOUND", `there is no folder ${folder}`);
    if (errno === "ENOTDIR")
      throw new TranscriptError("NOT_FOUND", `${folder} is no folder; validate looks at one file`);
    throw asIoError(error, "list", folder);
  }
}
