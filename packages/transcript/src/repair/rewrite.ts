import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";
import { errnoOf } from "../errors.ts";
import type { ByteSource } from "../file/lines.ts";
import { REJECTS } from "../file/rejected.ts";
import { isWithoutLinks, syncFolder } from "../file/whole-file.ts";
import { withMember } from "./json-members.ts";
import type { Draft, Range } from "./plan.ts";

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = Buffer.from("\n");
/** What `keepBackup` puts behind `.bak-`. A copy that a person made may have any other name. */
const BACKUP_STAMP = /^\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}$/;

/** A new file beside the old one. Dispose it: unless it took the old one's place, it goes. */
export interface NewFile {
  /** A reader, or a crash, finds the old file or the new one. */
  replace(file: string): void;
  [Symbol.dispose](): void;
}

/**
 * Writes the drafts, durably, to a new file beside `file`. It has the mode and the owner of `file`.
 *
 * Only for the holder of the lock: the name is always the same, and what a killed repair left there goes.
 */
export function writeDrafts(file: string, drafts: readonly Draft[], source: ByteSource): NewFile {
  const name = `${file}.repair.tmp`;
  rmSync(name, { force: true });
  const fd = openSync(
    name,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    giveTo(fd, statSync(file));
    const out = new Output(fd);
    for (const draft of drafts) writeDraft(draft, out, source);
    out.flush();
    fsyncSync(fd);
  } catch (error) {
    rmSync(name, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return {
    replace(old) {
      renameSync(name, old);
      syncFolder(path.dirname(old));
    },
    [Symbol.dispose]: () => rmSync(name, { force: true }),
  };
}

/** Adds parts of `file` to `<file>.rej`, each with a newline, durably. Returns its name. */
export function keepRejects(file: string, rejects: readonly Range[], source: ByteSource): string {
  const name = `${file}.rej`;
  const fd = openSync(name, REJECTS, 0o600);
  const { size } = fstatSync(fd);
  try {
    const out = new Output(fd);
    for (const range of rejects) {
      out.copy(range, source);
      out.add(NEWLINE);
    }
    out.flush();
    fsyncSync(fd);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  } finally {
    closeSync(fd);
  }
  syncFolder(path.dirname(file));
  return name;
}

/**
 * Keeps the file as it is under another name, and removes all but the newest `keep` of such names.
 *
 * A second name for the same bytes costs nothing; where the file system has no such thing they are copied.
 */
export function keepBackup(file: string, keep: number): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, "");
  const backup = `${file}.bak-${stamp}-${randomBytes(2).toString("hex")}`;
  try {
    linkSync(file, backup);
  } catch (error) {
    if (!isWithoutLinks(error)) throw error;
    copyFileSync(file, backup, constants.COPYFILE_EXCL);
  }
  const folder = path.dirname(file);
  const prefix = `${path.basename(file)}.bak-`;
  // The new one stays whatever the clock says: it may have been set back since the others were made.
  const others = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && BACKUP_STAMP.test(name.slice(prefix.length)))
    .filter((name) => name !== path.basename(backup))
    .toSorted();
  for (const name of others.slice(0, Math.max(0, others.length + 1 - keep)))
    unlinkSync(path.join(folder, name));
  return backup;
}

/** An administrator who repairs a user's session must not take it from that user. */
function giveTo(fd: number, { uid, gid, mode }: Stats): void {
  const made = fstatSync(fd);
  try {
    if (made.uid !== uid || made.gid !== gid) fchownSync(fd, uid, gid);
  } catch (error) {
    // Who is no administrator cannot give a file away; the folder's rights let them replace it all the same.
    if (errnoOf(error) !== "EPERM") throw error;
  }
  fchmodSync(fd, mode & 0o777);
}

function writeDraft({ from, edits }: Draft, out: Output, source: ByteSource): void {
  if (edits.size === 0 && "offset" in from) {
    out.copy(from, source);
  } else {
    let text =
      "text" in from ? from.text : source.read(from.offset, from.offset + from.length).toString("utf8");
    for (const [name, value] of edits) text = withMember(text, name, value);
    out.add(Buffer.from(text));
  }
  out.add(NEWLINE);
}

/** Gathers small writes. */
class Output {
  readonly #fd: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  add(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= CHUNK_BYTES) this.flush();
  }

  copy({ offset, length }: Range, source: ByteSource): void {
    const end = offset + length;
    for (let at = offset; at < end; at += CHUNK_BYTES)
      this.add(source.read(at, Math.min(at + CHUNK_BYTES, end)));
  }

  flush(): void {
    const bytes = Buffer.concat(this.#parts);
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#fd, bytes, written, bytes.length - written);
    this.#parts = [];
    this.#size = 0;
  }
}
