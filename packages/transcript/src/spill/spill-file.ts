import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  unlinkSync,
} from "node:fs";
import path from "node:path";
import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { canonicalPath } from "../file/canonical-path.ts";
import { decodeLine } from "../file/decode.ts";
import { errnoOf } from "../errors.ts";
import { jsonOf } from "../file/json.ts";
import { readLines } from "../file/lines.ts";
import type { Line } from "../file/lines.ts";
import { SessionFile } from "../file/session-file.ts";
import { syncFolder } from "../file/whole-file.ts";
import { writeAll } from "../file/write-all.ts";

/** Where appends go that the session's disk refuses: beside the session, or to a folder, best on another disk. */
export type SpillPlace = true | { readonly folder: string };

/** An append that is not in the session file yet. */
export interface SpilledAppend {
  /** The id that its message will have on the branch. */
  readonly id: string;
  readonly idempotencyKey: string | undefined;
  /** The entry without its place in the tree. */
  readonly content: Fields;
}

const FLAGS =
  constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEWLINE = 0x0a;

/** A spill file, and what it is to a transcript. */
export interface Spill {
  readonly file: string;
  /** Whether appends that the disk refuses go there; else they fail, and what waits there only comes home. */
  readonly takesAppends: boolean;
}

/** `<file>.spill`, or a file in the folder that is named after the session's path, whatever links lead to that. */
export function spillPathOf(sessionFile: string, place: SpillPlace): string {
  if (place === true) return `${sessionFile}.spill`;
  const name = createHash("sha256").update(canonicalPath(sessionFile)).digest("hex").slice(0, 32);
  return path.join(path.resolve(place.folder), `${name}.spill`);
}

/** The spill file beside a session, where there is one. */
export function spillBeside(sessionFile: string): string | undefined {
  const file = spillPathOf(sessionFile, true);
  return existsSync(file) ? file : undefined;
}

/** The appends that wait in a spill file, in order. Throws `NOT_A_SESSION` for what is no plain file, and `IO`. */
export function readSpill(file: string): readonly SpilledAppend[] {
  using opened = SessionFile.open(file, "read");
  return linesOf(opened).flatMap(({ text }) => spilledIn(text) ?? []);
}

/** The lines of a spill file that hold no append, byte for byte. */
export function damagedLinesIn(file: string): readonly Buffer[] {
  using opened = SessionFile.open(file, "read");
  const damaged = linesOf(opened).filter(({ text }) => spilledIn(text) === undefined);
  return damaged.flatMap(({ offset, next }) => opened?.read(offset, next) ?? []);
}

/**
 * Puts appends behind those that wait, in one write, on the disk when it returns. On an error the file is as it was.
 * The folder must be there.
 */
export function addToSpill(file: string, appends: readonly SpilledAppend[]): void {
  const fd = openSync(file, FLAGS, 0o600);
  try {
    const size = cutTornTail(fd, file);
    const bytes = Buffer.from(appends.map(encode).join(""));
    try {
      writeAll(fd, bytes);
      fsyncSync(fd);
    } catch (error) {
      ftruncateSync(fd, size);
      throw error;
    }
    if (size === 0) syncFolder(path.dirname(file));
  } finally {
    closeSync(fd);
  }
}

/** After all that waits is in the session file, on the disk. */
export function removeSpill(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    // Somebody else brought it home.
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** An unterminated last one was never acknowledged. */
function linesOf(file: SessionFile | undefined): readonly Line[] {
  return file === undefined ? [] : [...readLines(file, 0, file.stat().size)];
}

/** Returns how long the file is then. */
function cutTornTail(fd: number, file: string): number {
  const { size } = fstatSync(fd);
  const end = readFileSync(file).lastIndexOf(NEWLINE) + 1;
  if (end < size) ftruncateSync(fd, end);
  return end;
}

function encode({ id, idempotencyKey, content }: SpilledAppend): string {
  return `${jsonOf({ type: "spilled", id, idempotencyKey, entry: content })}\n`;
}

function spilledIn(line: string): SpilledAppend | undefined {
  const { type, id, idempotencyKey, entry } = decodeLine(line) ?? {};
  if (type !== "spilled" || typeof id !== "string" || !isFields(entry)) return undefined;
  if (typeof entry["type"] !== "string") return undefined;
  return {
    id,
    idempotencyKey: typeof idempotencyKey === "string" ? idempotencyKey : undefined,
    content: entry,
  };
}
