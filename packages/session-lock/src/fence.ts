import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import path from "node:path";
import { hasCode } from "./errors.ts";

/**
 * Gives the session file a new inode with the same bytes, so that whatever an ousted owner still writes through its
 * open descriptor lands in a file that nobody reads. Durable before it returns. A missing session file needs none, nor one
 * that became something else than a file: nobody had that open under the lock.
 *
 * `isOurs`: whether the lock still is the caller's. Looked at when the copy is complete, which takes longest: who has
 * taken the lock away meanwhile has fenced too, and what was written since is not in the copy. Returns false then, and
 * leaves the session file as it is.
 */
export function fence(sessionFile: string, isOurs: () => boolean): boolean {
  if (lstatSync(sessionFile, { throwIfNoEntry: false })?.isFile() !== true) return true;
  const aside = `${sessionFile}.${crypto.randomUUID().slice(0, 8)}.fence`;
  try {
    copyFileSync(sessionFile, aside, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    syncPath(aside);
    if (!isOurs()) {
      rmSync(aside);
      return false;
    }
    renameSync(aside, sessionFile);
    syncFolder(path.dirname(sessionFile));
    return true;
  } catch (error) {
    rmSync(aside, { force: true });
    // Gone meanwhile. Where only the copy is, by somebody who cleans up, nobody is fenced off.
    if (hasCode(error, "ENOENT") && lstatSync(sessionFile, { throwIfNoEntry: false }) === undefined)
      return true;
    throw error;
  }
}

/** The copy of a session file that may not be written may not be opened for it either; but Windows syncs no file that is not. */
function syncPath(file: string): void {
  const fd = openSync(file, process.platform === "win32" ? "r+" : "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the rename durable. Windows cannot open folders and needs no such step. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
