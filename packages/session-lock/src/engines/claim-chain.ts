import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { hasCode } from "../errors.ts";
import { parseRecord, recordBytes } from "../record.ts";
import type { LockRecord } from "../record.ts";

/**
 * Who owns a lock folder is a chain of records in it. The first owner's record is `after-root`; whoever takes over
 * from the owner with nonce N publishes its record as `after-N`. A record is published with link(2): complete or not
 * at all, and only one process can be the successor of any owner, so a takeover needs no removal and no second lock.
 *
 * The end of the chain is the owner. An owner that leaves first makes itself its own successor: from then on nobody
 * can take over from it, and it may remove the folder.
 */
export interface ChainEnd {
  /** The record at the end; `undefined` when nobody has claimed the folder yet. */
  readonly record: LockRecord | undefined;
  /** Entry name under which that owner's successor would be published. */
  readonly successor: string;
  /** Changes with every heartbeat of the owner. */
  readonly beat: string;
}

/** A record that was published, kept open for the owner to renew. */
export interface Published {
  readonly entry: string;
  readonly fd: number;
  readonly ino: number;
  /** Closes `fd`, once. */
  readonly close: () => void;
}

/** Walks to the end of the chain. `undefined` when there is no such folder. */
export function chainEnd(folder: string): ChainEnd | undefined {
  let end: ChainEnd = { record: undefined, successor: "after-root", beat: folderBeat(folder) };
  for (;;) {
    const next = readEntry(path.join(folder, end.successor));
    if (next === undefined) return end.beat === "" ? undefined : end;
    const { record, beat } = next;
    // What cannot be read names no nonce; only an operator's break follows it.
    const own = record.kind === "ours" ? `after-${record.owner.nonce}` : `${end.successor}.unreadable`;
    end = { record, beat, successor: own === end.successor ? `${own}.left` : own };
  }
}

/** Publishes `record` as the next owner. Returns `undefined` when somebody else is. */
export function publish(
  folder: string,
  successor: string,
  nonce: string,
  record: Buffer,
): Published | undefined {
  const draft = path.join(folder, `claim-${nonce}`);
  const entry = path.join(folder, successor);
  const fd = openDraft(draft);
  if (fd === undefined) return undefined;
  try {
    writeSync(fd, record, 0, recordBytes, 0);
    // A name can reach the disk, or another host, before what it names, and an empty record counts as held.
    fsyncSync(fd);
    linkSync(draft, entry);
    // The folder may be a newer one than the one we judged: then our entry hangs on no chain, and gives no right.
    if (isChainEnd(folder, nonce)) return { entry, fd, ino: fstatSync(fd).ino, close: closeOnce(fd) };
    removeEntry(entry);
  } catch (error) {
    // ENOENT: the folder is gone. EEXIST: another successor was published first.
    if (!hasCode(error, "ENOENT") && !hasCode(error, "EEXIST")) throw error;
  }
  closeSync(fd);
  removeEntry(draft);
  return undefined;
}

function closeOnce(fd: number): () => void {
  let isOpen = true;
  return () => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
}

/** Bars every later takeover from this owner. Returns false when one has happened already. */
export function closeChain(folder: string, nonce: string, published: Published): boolean {
  if (!isPublished(published)) return false;
  try {
    linkSync(published.entry, successorAt(folder, nonce));
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    // Ours from a try that failed later, or somebody else's.
    if (hasCode(error, "EEXIST")) return inodeAt(successorAt(folder, nonce)) === published.ino;
    throw error;
  }
}

/** Whether this owner's record is still in place and has no successor. */
export function isOwner(folder: string, nonce: string, published: Published): boolean {
  return isPublished(published) && inodeAt(successorAt(folder, nonce)) === undefined;
}

function isPublished(published: Published): boolean {
  return inodeAt(published.entry) === published.ino;
}

function successorAt(folder: string, nonce: string): string {
  return path.join(folder, `after-${nonce}`);
}

function inodeAt(entry: string): number | undefined {
  return statSync(entry, { throwIfNoEntry: false })?.ino;
}

function isChainEnd(folder: string, nonce: string): boolean {
  const record = chainEnd(folder)?.record;
  return record?.kind === "ours" && record.owner.nonce === nonce;
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

function readEntry(entry: string): { readonly record: LockRecord; readonly beat: string } | undefined {
  let fd: number;
  try {
    // Opened afresh each time: on NFS only an open fetches current times from the server.
    fd = openSync(entry, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const buffer = Buffer.alloc(recordBytes);
    const length = readSync(fd, buffer, 0, recordBytes, 0);
    const { ino, mtimeMs } = fstatSync(fd);
    return { record: parseRecord(buffer.toString("utf8", 0, length)), beat: `${ino}:${mtimeMs}` };
  } finally {
    closeSync(fd);
  }
}

function folderBeat(folder: string): string {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino}:${found.mtimeMs}`;
}

export function removeEntry(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error; // its owner or the folder's was faster
  }
}
