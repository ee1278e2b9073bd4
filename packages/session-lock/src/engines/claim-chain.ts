import { closeSync, fstatSync, linkSync, lstatSync, openSync, readSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { hasCode } from "../errors.ts";
import { parseRecord, recordBytes } from "../record.ts";
import type { LockRecord } from "../record.ts";
import { discardDraft, removeEntry, writeDraft } from "./claim-draft.ts";
import type { Draft } from "./claim-draft.ts";

/**
 * Who owns a lock folder is a chain of records in it. The first owner's record is `after-root`; whoever follows the
 * owner with nonce N publishes its record as `after-N`. A record is published with link(2): complete or not at all, and
 * only one process can be the successor of any owner, so to succeed one needs no removal and no second lock.
 *
 * The end of the chain is the owner, until it is dead or gives the lock up in one of two ways:
 * - it **leaves the lock to others** by a link `left-N`: anybody may be its successor (and takes its place in the chain);
 * - it **closes the chain** by making itself its own successor: nobody can follow it, and it may remove the folder.
 */
export interface ChainEnd {
  /** The record at the end; `undefined` when nobody has claimed the folder yet. */
  readonly record: LockRecord | undefined;
  /** Entry name of that record. */
  readonly entry: string | undefined;
  /** Entry name under which that owner's successor would be published. */
  readonly successor: string;
  /** The owner has closed the chain: as long as it lives, the folder is its own. */
  readonly isClosed: boolean;
  /** Changes with every heartbeat of the owner. */
  readonly beat: string;
}

/** A free place in the chain. */
export interface Vacancy {
  readonly successor: string;
  /** The entry and nonce of an owner that is out for certain: its successor takes its place, so that chains stay short. */
  readonly former?: { readonly entry: string; readonly nonce: string };
}

/** A record that was published, kept open for the owner to renew. */
export interface Published {
  readonly entry: string;
  readonly nonce: string;
  readonly ino: number;
  readonly write: Draft["write"];
  readonly close: Draft["close"];
}

/** Walks to the end of the chain. `undefined` when there is no such folder. */
export function chainEnd(folder: string): ChainEnd | undefined {
  let end: ChainEnd | undefined;
  for (const next of walkChain(folder)) end = next;
  return end ?? unclaimed(folder);
}

/** Only takeovers from suspects make a chain longer, by one. What is longer than this is a ring that somebody has made. */
const longestChain = 1_000;

function* walkChain(folder: string): Generator<ChainEnd, undefined> {
  let entry = "after-root";
  for (let length = 0; length < longestChain; length += 1) {
    const next = readEntry(path.join(folder, entry));
    if (next === undefined) return;
    const { record, beat } = next;
    // What cannot be read names no nonce; only an operator's break follows it.
    const own = record.kind === "ours" ? `after-${record.owner.nonce}` : `${entry}.unreadable`;
    const isClosed = own === entry;
    const successor = isClosed ? `${own}.closed` : own;
    yield { record, entry, successor, isClosed, beat };
    entry = successor;
  }
}

function unclaimed(folder: string): ChainEnd | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const beat = `${found.ino}:${found.mtimeMs}`;
  return { record: undefined, entry: undefined, successor: "after-root", isClosed: false, beat };
}

/**
 * Publishes a draft, now with `record` in it, as the next owner. Returns `undefined` when somebody else is: a draft that is
 * still there may then be published once more.
 */
export function publish(
  folder: string,
  { successor, former }: Vacancy,
  draft: Draft,
  record: Buffer,
): Published | undefined {
  const { nonce, ino, write, close } = draft;
  const entry = path.join(folder, successor);
  write(record);
  if (!link(draft.file, entry)) {
    // On NFS an answer can get lost, and the call that is sent again then finds what the first one made.
    if (inodeAt(entry) !== ino) return undefined;
  }
  switch (standing(folder, nonce)) {
    case "succeeded":
      removeEntry(draft.file); // it stays in the chain, and must not come into it twice
      return undefined;
    case "stray":
      // The folder is a newer one than the one we judged: our entry hangs on no chain, and gives no right.
      removeEntry(entry);
      return undefined;
    case "owner":
      removeEntry(draft.file);
      if (former === undefined) return { entry, nonce, ino, write, close };
      removeEntry(path.join(folder, `left-${former.nonce}`));
      if (!rename(entry, path.join(folder, former.entry))) return undefined;
      return { entry: path.join(folder, former.entry), nonce, ino, write, close };
  }
}

/** As `publish`, with a draft made for it. */
export function publishNew(
  folder: string,
  vacancy: Vacancy,
  nonce: string,
  record: Buffer,
): Published | undefined {
  const draft = writeDraft(folder, `claim-${nonce}`, nonce, record);
  if (draft === undefined) return undefined;
  const published = publish(folder, vacancy, draft, record);
  if (published === undefined) discardDraft(draft);
  return published;
}

/** Whether this owner's record is still in place and has no successor. */
export function isOwner(folder: string, published: Published): boolean {
  return succession(folder, published) === "open";
}

/** `open`: the owner has no successor; `closed`: it will never have one; `lost`: it has one, or its record is gone. */
export function succession(folder: string, published: Published): "open" | "closed" | "lost" {
  if (inodeAt(published.entry) !== published.ino) return "lost";
  const successor = inodeAt(successorAt(folder, published));
  if (successor === undefined) return "open";
  return successor === published.ino ? "closed" : "lost";
}

/** Leaves the lock to whoever comes first, for good. */
export function leaveToOthers(folder: string, published: Published): void {
  link(published.entry, path.join(folder, `left-${published.nonce}`));
}

/** Whether the owner with this nonce has left the lock to others. */
export function hasLeft(folder: string, nonce: string): boolean {
  return inodeAt(path.join(folder, `left-${nonce}`)) !== undefined;
}

/** Bars every later successor of this owner. Returns false when there is one already. */
export function closeChain(folder: string, published: Published): boolean {
  if (succession(folder, published) === "open") link(published.entry, successorAt(folder, published));
  return succession(folder, published) === "closed"; // or somebody was faster
}

/** Whether in a folder with these entries the owner with this nonce has closed the chain, and was not succeeded by force. */
export function isClosedBy(nonce: string, entries: readonly string[]): boolean {
  return entries.includes(`after-${nonce}`) && !entries.includes(`after-${nonce}.closed`);
}

function successorAt(folder: string, { nonce }: Published): string {
  return path.join(folder, `after-${nonce}`);
}

function inodeAt(entry: string): number | undefined {
  return statSync(entry, { throwIfNoEntry: false })?.ino;
}

/** Whether the record with this nonce is the chain's end, another link of it, or none. */
function standing(folder: string, nonce: string): "owner" | "succeeded" | "stray" {
  let found: ReturnType<typeof standing> = "stray";
  for (const { record } of walkChain(folder)) {
    if (found === "owner") found = "succeeded";
    if (record?.kind === "ours" && record.owner.nonce === nonce) found = "owner";
  }
  return found;
}

/** Returns false when the folder is gone, or something has that name already. */
function link(existing: string, name: string): boolean {
  try {
    linkSync(existing, name);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Returns false when the folder is gone. */
function rename(entry: string, name: string): boolean {
  try {
    renameSync(entry, name);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

export function readEntry(entry: string): { readonly record: LockRecord; readonly beat: string } | undefined {
  // Most are looked for in vain, and an open that fails costs several times as much.
  const found = lstatSync(entry, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFile()) return { record: { kind: "unreadable", isRemnant: false }, beat: `${found.ino}` }; // a pipe would never open
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
