import { closeSync, constants, fstatSync, fsyncSync, openSync, unlinkSync, writeSync } from "node:fs";
import path from "node:path";
import { hasCode } from "../errors.ts";
import { recordBytes } from "../record.ts";
import { giveToOwnerOf } from "../same-owner.ts";

/** A record in the lock folder that is no owner's yet. */
export interface Draft {
  readonly file: string;
  readonly ino: number;
  readonly nonce: string;
  /** Writes another record in its place. Does nothing once it is closed: its descriptor may be another file's by then. */
  readonly write: (record: Buffer) => void;
  readonly close: () => void;
}

/** Writes a record that is complete, on the disk, and nobody's right yet. `undefined` when there is no such folder. */
export function writeDraft(folder: string, name: string, nonce: string, record: Buffer): Draft | undefined {
  const file = path.join(folder, name);
  const fd = openDraft(file);
  if (fd === undefined) return undefined;
  try {
    giveToOwnerOf(folder, fd);
    writeSync(fd, record, 0, recordBytes, 0);
    // A name can reach the disk, or another host, before what it names, and an empty record counts as held.
    fsyncSync(fd);
    return { file, ino: fstatSync(fd).ino, nonce, ...writable(fd) };
  } catch (error) {
    closeSync(fd);
    removeEntry(file);
    throw error;
  }
}

export function discardDraft(draft: Draft): void {
  draft.close();
  removeEntry(draft.file);
}

function writable(fd: number): Pick<Draft, "write" | "close"> {
  let isOpen = true;
  return {
    write: (record) => {
      if (isOpen) writeSync(fd, record, 0, recordBytes, 0);
    },
    close: () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** `undefined` when the folder is gone. */
function openDraft(draft: string): number | undefined {
  try {
    return openSync(draft, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

export function removeEntry(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    // Its owner or the folder's was faster, and there may be another tool's file by now.
    if (!hasCode(error, "ENOENT") && !hasCode(error, "ENOTDIR")) throw error;
  }
}
