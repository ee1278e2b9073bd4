import { lstatSync, realpathSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";
import { asLockError, hasCode, SessionLockError } from "./errors.ts";

/** Longest file name most file systems take, in bytes, less what `.lock` and our temporary suffixes need. */
const longestNameBytes = 255 - 40;

/**
 * The one path that stands for a session file, however it was spelled: real folder, and the file's own name as the
 * file system has it. Throws `INVALID_TARGET` for anything that is not, or could not become, a plain file.
 */
export function canonicalSessionFile(sessionFile: string): string {
  if (!isText(sessionFile)) throw refused("", "it is empty or no text");
  if (sessionFile.includes("\0")) throw refused(sessionFile, "its name contains NUL");
  if (sessionFile.endsWith("/") || sessionFile.endsWith(path.sep))
    throw refused(sessionFile, "it names a folder");
  const absolute = absolutePath(sessionFile);
  const name = path.basename(absolute);
  if (name === "") throw refused(sessionFile, "it names a folder");
  // The lock of the session without that ending would be in its place.
  if (name.endsWith(".lock")) throw refused(sessionFile, "a name that ends in .lock is a lock's");
  if (Buffer.byteLength(name) > longestNameBytes)
    throw refused(sessionFile, `its name is longer than ${longestNameBytes} bytes`);
  const folder = realFolder(path.dirname(absolute), sessionFile);
  const inFolder = path.join(folder, name);
  return isExistingFile(inFolder, sessionFile) ? realName(inFolder, sessionFile) : inFolder;
}

export function lockPathOf(canonical: string): string {
  return `${canonical}.lock`;
}

export function sessionFileOf(lockPath: string): string {
  return lockPath.slice(0, -".lock".length);
}

function absolutePath(sessionFile: string): string {
  try {
    return path.resolve(sessionFile);
  } catch (error) {
    throw asLockError(error, "find the working folder", sessionFile); // it was removed
  }
}

function realFolder(folder: string, sessionFile: string): string {
  try {
    return realpathSync.native(folder);
  } catch (error) {
    if (hasCode(error, "ENOTDIR") || hasCode(error, "ELOOP") || hasCode(error, "ENAMETOOLONG"))
      throw refused(sessionFile, "its folder is not a usable path", error);
    throw new SessionLockError(
      "IO",
      `cannot lock ${sessionFile}: its folder cannot be reached; create it first`,
      {
        sessionFile,
        cause: error,
      },
    );
  }
}

function isExistingFile(file: string, sessionFile: string): boolean {
  const found = lookAt(file, sessionFile);
  if (found === undefined) return false;
  // A link would give one file two names and so two locks.
  if (found.isSymbolicLink()) throw refused(sessionFile, "it is a symbolic link; lock the file it points to");
  if (!found.isFile()) throw refused(sessionFile, "it is not a regular file");
  return true;
}

function lookAt(file: string, sessionFile: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw asLockError(error, "look at the session file", sessionFile);
  }
}

/** On file systems that ignore case or normalise Unicode, the spelling on disk; elsewhere the path itself. */
function realName(file: string, sessionFile: string): string {
  try {
    return realpathSync.native(file);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return file; // removed since: its name can still be locked
    throw new SessionLockError("IO", `cannot resolve ${sessionFile}`, { sessionFile, cause: error });
  }
}

/** Callers without types pass what they like. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function refused(sessionFile: string, why: string, cause?: unknown): SessionLockError {
  return new SessionLockError("INVALID_TARGET", `cannot lock ${JSON.stringify(sessionFile)}: ${why}`, {
    sessionFile,
    cause,
  });
}
