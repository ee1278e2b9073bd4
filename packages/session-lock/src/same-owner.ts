import { closeSync, constants, fchownSync, fstatSync, openSync, statSync } from "node:fs";

/**
 * What root makes for a lock belongs to whom `other` belongs to: the folder that it is in, or the file that it replaces. Else a user could not
 * open it, and would be shut out of its own session: for good, where root's process was killed. `fd`: what was made.
 */
export function giveToOwnerOf(other: string, fd: number): void {
  if (process.geteuid?.() !== 0) return;
  const owner = statSync(other, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return; // a lock folder that its owner has just removed, or root's own
  const made = fstatSync(fd);
  // By another name it may be a file of root's, which the user has put in the place of what was made.
  if (made.isDirectory() || made.nlink === 1) fchownSync(fd, owner.uid, owner.gid);
}

/** As `giveToOwnerOf`, for a folder that was made. */
export function giveFolderToOwnerOf(other: string, folder: string): void {
  if (process.geteuid?.() !== 0) return;
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    giveToOwnerOf(other, fd);
  } finally {
    closeSync(fd);
  }
}
