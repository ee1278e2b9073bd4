import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import path from "node:path";
import { syncFolder } from "./whole-file.ts";
import { writeAll } from "./write-all.ts";

/** How a `.rej` file is opened. A link is not followed, as what it leads to is not ours, and no pipe is waited for. */
export const REJECTS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Keeps bytes that are cut from `file`, behind those kept earlier, in `<file>.rej`. On the disk when it returns; on an
 * error that file is as it was, or every try on a full disk would put another piece there.
 */
export function keepRejected(file: string, pieces: Iterable<Buffer>): void {
  const fd = openSync(`${file}.rej`, REJECTS, 0o600);
  const { size } = fstatSync(fd);
  try {
    for (const piece of pieces) writeAll(fd, piece);
    writeAll(fd, Buffer.from("\n"));
    fsyncSync(fd);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  } finally {
    closeSync(fd);
  }
  syncFolder(path.dirname(file));
}
