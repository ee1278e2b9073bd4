import { readdirSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { hasCode } from "../errors.ts";
import { livenessOf } from "../liveness.ts";
import { identity } from "../owner.ts";
import { readEntry } from "./claim-chain.ts";
import { removeEntry, writeDraft } from "./claim-draft.ts";
import type { Draft } from "./claim-draft.ts";

/**
 * Who waits for a lock folder, first come, first served: each process (and thread) has a mark in it, which is at the same time the
 * draft of its record. A mark's number is one more than the greatest that was there, so no clocks are compared.
 *
 * The queue decides whose turn it is, never who owns: marks go away with the folder, and those of dead processes are
 * removed by whoever meets them.
 */
export interface Mark {
  readonly name: string;
  readonly number: number;
  readonly pid: number;
}

const markName = /^waits-(\d+)-(\d+)-/;

/** Lines up behind all who wait: `ahead` of us are so many. `undefined` where there is nothing to line up for, or no room. */
export function joinQueue(
  folder: string,
  nonce: string,
  record: Buffer,
): { readonly draft: Draft; readonly ahead: number } | undefined {
  // A folder without an owner record may be plain proper-lockfile's, which can only remove an empty one.
  if (statSync(path.join(folder, "after-root"), { throwIfNoEntry: false }) === undefined) return undefined;
  const marks = marksIn(folder);
  const name = `waits-${1 + (marks.at(-1)?.number ?? 0)}-${process.pid}-${nonce}`;
  try {
    const draft = writeDraft(folder, name, nonce, record);
    return draft && { draft, ahead: marks.length };
  } catch (error) {
    if (hasCode(error, "ENOSPC") || hasCode(error, "EDQUOT")) return undefined; // one can also wait without a mark
    throw error;
  }
}

/** All marks, the first in the queue first. */
export function marksIn(folder: string): readonly Mark[] {
  return entriesOf(folder)
    .flatMap((name) => {
      const [, number, pid] = markName.exec(name) ?? [];
      return number === undefined ? [] : [{ name, number: Number(number), pid: Number(pid) }];
    })
    .sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
}

/** The first in the queue that is not dead. `own`: the mark of who asks, and lives. */
export function firstMark(folder: string, own?: Draft): Mark | undefined {
  return marksIn(folder).find((mark) => isMarkOf(mark.name, own) || isAlive(folder, mark));
}

/** Those in front of a mark, or all where it is none of them. */
export function marksBefore(folder: string, own: Draft | undefined): readonly Mark[] {
  const marks = marksIn(folder);
  const place = marks.findIndex(({ name }) => isMarkOf(name, own));
  return place < 0 ? marks : marks.slice(0, place);
}

/** How many are in front of a mark. `undefined` where it is not there any more. */
export function countAhead(folder: string, own: Draft): number | undefined {
  const place = marksIn(folder).findIndex(({ name }) => isMarkOf(name, own));
  return place < 0 ? undefined : place;
}

export function isMarkOf(name: string, draft: Draft | undefined): boolean {
  return draft?.file.endsWith(name) === true;
}

/** Wakes who has this mark. Returns false when the mark is gone. */
export function call(folder: string, { name }: Mark): boolean {
  const now = new Date();
  try {
    utimesSync(path.join(folder, name), now, now);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return false;
    if (hasCode(error, "EPERM") || hasCode(error, "EACCES")) return true; // another user's, who will look anyway
    throw error;
  }
}

function isAlive(folder: string, { name }: Mark): boolean {
  const file = path.join(folder, name);
  const record = readEntry(file)?.record;
  // What cannot be read is being written.
  if (record?.kind !== "ours" || livenessOf(record.owner, identity()) !== "dead") return record !== undefined;
  removeEntry(file);
  return false;
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return []; // gone, or another tool's file
    throw error;
  }
}
