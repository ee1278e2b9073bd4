import { writeSync } from "node:fs";

/** Writes all of the bytes: one call may take fewer than it is given. */
export function writeAll(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written);
}
