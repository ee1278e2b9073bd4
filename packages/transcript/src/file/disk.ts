import { fdatasync, fdatasyncSync, ftruncateSync, writeSync } from "node:fs";
import { promisify } from "node:util";

/** The calls that a disk may fail in the middle of an append. Tests pass one that does. */
export interface Disk {
  /** Writes a text, or what of the bytes is behind `offset`. Returns how many bytes it wrote, which may be fewer than asked. */
  write(fd: number, data: Buffer | string, offset: number): number;
  truncate(fd: number, size: number): void;
  syncNow(fd: number): void;
  sync(fd: number): Promise<void>;
}

const fdatasyncAsync = promisify(fdatasync);

export const SYSTEM_DISK: Disk = {
  write: (fd, data, offset) => {
    if (typeof data === "string") return writeSync(fd, data);
    // Nearly every write is of all bytes, and checking an offset takes Node longer than to make a view of the rest.
    return writeSync(fd, offset === 0 ? data : data.subarray(offset));
  },
  truncate: ftruncateSync,
  syncNow: fdatasyncSync,
  sync: fdatasyncAsync,
};
