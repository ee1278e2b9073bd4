import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { asIoError } from "../errors.ts";

/** Makes the folder and those above it, private to the user. Existing ones keep their mode. */
export function ensureFolder(folder: string): void {
  try {
    make(path.resolve(folder));
  } catch (error) {
    throw asIoError(error, "make the folder", folder);
  }
}

/** Step by step: where a folder that is there says that it is not, as /proc does, `recursive` tries for ever. */
function make(folder: string): void {
  if (isFolder(folder)) return;
  const above = path.dirname(folder);
  if (above !== folder) make(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Somebody else may have made it just now.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
