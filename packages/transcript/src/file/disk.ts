import { fdatasync, fdatasyncSync, ftruncateSync, writeSync } from "node:fs";
import { promisify } from "node:util";

/** The calls that a disk may fail in the middle of an append. Tests pass one that does. */
export interface Disk {
  /** Returns how many bytes it wrote, which may be fewer than asked. */
  write(fd: number, bytes: Buffer, offset: number): number;
  truncate(fd: number, size: number): void;
  syncNow(fd: number): void;
  sync(fd: number): Promise<void>;
}

const fdatasyncAsync = promisify(fdatasync);

export const SYSTEM_DISK: Disk = {
  write: (fd, bytes, offset) => writeSync(fd, bytes, offset, bytes.length - offset),
  truncate: ftruncateSync,
  syncNow: fdatasyncSync,
  sync: fdatasyncAsync,
};
