import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import path from "node:path";
import { syncFolder } from "./whole-file.ts";
import { writeAll } from "./write-all.ts";

// A link is not followed: what it leads to is not ours.
const FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Keeps bytes that are cut from `file`, behind those kept earlier, in `<file>.rej`. On the disk when it returns; on an
 * error that file is as it was, or every try on a full disk would put another piece there.
 */
export function keepRejected(file: string, pieces: Iterable<Buffer>): void {
  const fd = openSync(`${file}.rej`, FLAGS, 0o600);
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
