import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from "node:fs";
import path from "node:path";
import { asIoError, errnoOf } from "../errors.ts";
import { writeAll } from "./write-all.ts";

const GATHERED_LENGTH = 1024 * 1024;

/**
 * Makes a file with all its first bytes at once, durably: these texts, which may be more than one string holds. Returns false when there is one already that is not empty, also
 * where it came a moment ago: who stands still here may have lost the lock.
 */
export function publishFile(file: string, texts: Iterable<string>): boolean {
  const draft = draftOf(file);
  try {
    writeNew(draft, texts);
    const isMade = takeName(draft, file);
    syncFolder(path.dirname(file));
    return isMade;
  } catch (error) {
    throw asIoError(error, "create", file);
  } finally {
    removeIfThere(draft);
  }
}

/**
 * Puts new content in the place of a file, durably: a reader or a crash sees the old content or the new one, whole.
 * `assertHeld` is asked when all is done but that: writing takes time, in which a lock may be lost.
 */
export function replaceFile(file: string, text: string, assertHeld: () => void): void {
  const draft = draftOf(file);
  try {
    writeNew(draft, [text]);
    assertHeld();
    renameSync(draft, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    removeIfThere(draft);
    throw asIoError(error, "write", file);
  }
}

/** As session-lock names its own: what a kill leaves of it goes with `session-lock clean`. */
function draftOf(file: string): string {
  return `${file}.${randomBytes(4).toString("hex")}.tmp`;
}

/** Removes a file durably. False when there was none. */
export function removeFile(file: string): boolean {
  try {
    unlinkSync(file);
    syncFolder(path.dirname(file));
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw asIoError(error, "delete", file);
  }
}

function writeNew(file: string, texts: Iterable<string>): void {
  const fd = openSync(
    file,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    let gathered = "";
    for (const text of texts) {
      gathered += text;
      if (gathered.length < GATHERED_LENGTH) continue;
      writeAll(fd, Buffer.from(gathered));
      gathered = "";
    }
    writeAll(fd, Buffer.from(gathered));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Gives the draft its name unless somebody has it. An empty file is no session yet. */
function takeName(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST" && !isWithoutLinks(error)) throw error;
  }
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (there !== undefined && !(there.isFile() && there.size === 0)) return false;
  renameSync(draft, file);
  return true;
}

const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "ENOSYS"]);

/** Whether a link failed since the file system gives a file no second name, or not one more. */
export function isWithoutLinks(error: unknown): boolean {
  return NO_LINKS.has(errnoOf(error) ?? "");
}

/** A new name is durable only when its folder is. Windows cannot sync a folder and does not need to. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Mostly it is gone already, as a rename moved it or it was never made. One that the disk does not let go has no meaning, and
 * what came of the file is known by now: a read-only disk refuses to remove even what is not there.
 */
function removeIfThere(draft: string): void {
  try {
    unlinkSync(draft);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
