import { randomUUID } from "node:crypto";
import path from "node:path";
import type { SessionEntry, SessionHeader } from "../entry.ts";
import { TranscriptError } from "../errors.ts";
import { CURRENT_SESSION_VERSION, encodeHeader, newHeader, versionOf } from "../file/header.ts";
import { piSessionFile } from "./pi-layout.ts";
import { newEntryId } from "../append/place-entry.ts";
import { ensureFolder } from "../file/ensure-folder.ts";
import { publishFile } from "../file/whole-file.ts";
import type { SessionIndex } from "../file/session-index.ts";
import { assertSessionId } from "../store/session-key.ts";
import { jsonOf } from "../file/json.ts";
import { SessionLog } from "../file/session-log.ts";
import type { NewSessionOptions } from "./session-options.ts";

/** Writes a whole new session, in a file named after its header. Nobody else can know the name yet: no lock. */
export function writeNewSession(
  folder: string,
  header: SessionHeader,
  entries: readonly SessionEntry[],
): string {
  const file = piSessionFile(folder, header);
  ensureFolder(folder);
  if (publishFile(file, linesOf(header, entries))) return file;
  throw new TranscriptError("CONFLICT", `${file} exists already`, { sessionFile: file });
}

/** One by one: no string holds all of a long session. */
function* linesOf(header: SessionHeader, entries: readonly SessionEntry[]): Generator<string> {
  yield encodeHeader(header);
  for (const entry of entries) yield `${jsonOf(entry)}\n`;
}

/** Copies a session whole, as a new one of another working folder; returns its file. */
export function forkSession(
  source: string,
  cwd: string,
  folder: string,
  { id = randomUUID() }: NewSessionOptions = {},
): string {
  const sessionId = assertSessionId(id);
  const file = path.resolve(source);
  const log = openOrUndefined(file);
  if (log === undefined) throw new Error(`Cannot fork: source session file is empty or invalid: ${file}`);
  const made = newHeader({ sessionId, cwd: path.resolve(cwd), parentSession: file });
  // What moves the leaf means what it does in the version it was written in.
  const header = { ...made, version: Math.max(CURRENT_SESSION_VERSION, versionOf(log.header)) };
  return writeNewSession(folder, header, log.index().entries);
}

/**
 * The entries of a session that has only the branch to `leafId`: those of the branch without its label entries, each
 * below the nearest one that stays, then one label entry for each label that still has its target.
 *
 * A compaction, or a reset, that kept everything from a label on keeps everything from the entry behind that label on.
 */
export function branchedEntries(index: SessionIndex, leafId: string): SessionEntry[] {
  const kept: SessionEntry[] = [];
  const instead = new Map<string, string>();
  let passed: string[] = [];
  for (const entry of index.branch(leafId)) {
    if (entry.type === "label") {
      passed.push(entry.id);
      continue;
    }
    for (const id of passed) instead.set(id, entry.id);
    passed = [];
    kept.push(replaced(entry, kept.at(-1)?.id ?? null, instead));
  }
  const ids = new Set(kept.map((entry) => entry.id));
  for (const [targetId, { label, timestamp }] of index.labels) {
    if (!ids.has(targetId)) continue;
    const parentId = kept.at(-1)?.id ?? null;
    kept.push({ type: "label", id: newEntryId(), parentId, timestamp, targetId, label });
  }
  return kept;
}

function openOrUndefined(file: string): SessionLog | undefined {
  try {
    return SessionLog.open(file);
  } catch (error) {
    if (error instanceof TranscriptError && error.code === "NOT_A_SESSION") return undefined;
    throw error;
  }
}

function replaced(
  entry: SessionEntry,
  parentId: string | null,
  instead: ReadonlyMap<string, string>,
): SessionEntry {
  const copy = { ...entry, parentId };
  // The branch is all there is in the new session: nothing of it lies beside it.
  Reflect.deleteProperty(copy, "appendMode");
  if (copy.type !== "compaction" && copy.type !== "reset") return copy;
  const kept = instead.get(copy.firstKeptEntryId ?? "");
  return kept === undefined ? copy : { ...copy, firstKeptEntryId: kept };
}
