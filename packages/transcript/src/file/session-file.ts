import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import type { Stats } from "node:fs";
import { SYSTEM_DISK } from "./disk.ts";
import type { Disk } from "./disk.ts";
import { asIoError, errnoOf, TranscriptError } from "../errors.ts";

/** Which file a descriptor leads to, and how long it is now. */
export interface FileStat {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Bytes. */
  readonly size: number;
}

/** Bytes that nobody was promised, and that could not be cut off: how long the file is without them, and with them. */
export interface LeftBehind {
  readonly size: number;
  readonly expected: number;
}

// A link is never followed and a FIFO never blocks: a session file is a plain file or it is refused.
const SAFE = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** An open session file; the only place where this package reads or writes one. Dispose it. */
export class SessionFile {
  readonly path: string;
  /** Which file this is, and how long it was when it was opened. */
  readonly opened: FileStat;
  /** As numbers, which compare faster. */
  readonly #dev: number;
  readonly #ino: number;
  readonly #fd: number;
  readonly #disk: Disk;

  private constructor(file: string, fd: number, opened: FileStat, disk: Disk) {
    this.path = file;
    this.#fd = fd;
    this.opened = opened;
    this.#dev = Number(opened.dev);
    this.#ino = Number(opened.ino);
    this.#disk = disk;
  }

  /** Undefined when there is no such file. Throws `NOT_A_SESSION` for anything that is not a plain file. */
  static open(file: string, access: "read" | "append", disk = SYSTEM_DISK): SessionFile | undefined {
    const mode = access === "read" ? constants.O_RDONLY : constants.O_RDWR | constants.O_APPEND;
    let fd: number;
    try {
      fd = openSync(file, mode | SAFE);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "ENOENT") return undefined;
      if (errno === "ELOOP" || errno === "EISDIR" || errno === "ENXIO") throw notAFile(file, error);
      throw asIoError(error, "open", file);
    }
    const found = fstatSync(fd);
    if (found.isFile()) return new SessionFile(file, fd, exactly(found, fd), disk);
    closeSync(fd);
    throw notAFile(file, undefined);
  }

  stat(): FileStat {
    const { dev, ino } = this.opened;
    return { dev, ino, size: fstatSync(this.#fd).size };
  }

  /** As `stat`, asked of the path: undefined when that leads to another file by now, or to none. */
  statAtPath(): FileStat | undefined {
    const { dev, ino } = this.opened;
    const found = lstatSync(this.path, orUndefined);
    if (found?.ino !== this.#ino || found.dev !== this.#dev) return undefined;
    return this.#ino <= Number.MAX_SAFE_INTEGER || isAt(this.path, ino)
      ? { dev, ino, size: found.size }
      : undefined;
  }

  /** The bytes from `start` up to `end`, fewer when the file ends before. */
  read(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, end - start));
    return bytes.subarray(0, this.readInto(bytes, start));
  }

  /** Fills `bytes` from `start` on, as far as the file goes; returns how many it read. Throws `IO`. */
  readInto(bytes: Buffer, start: number): number {
    let length = 0;
    try {
      while (length < bytes.length) {
        const count = readSync(this.#fd, bytes, length, bytes.length - length, start + length);
        if (count === 0) break;
        length += count;
      }
    } catch (error) {
      throw asIoError(error, "read", this.path);
    }
    return length;
  }

  /**
   * Appends to a file of `size` bytes: one write, all or nothing. Returns how many bytes that were.
   *
   * A write that the disk cuts short is taken back, unless somebody wrote behind it without the lock: their bytes are
   * not ours to cut, and the torn line before them is left to the tail rule. What the disk does not even take back is
   * remembered in `writer`.
   */
  append(data: Buffer | string, size: number, writer: { unsound: LeftBehind | undefined }): number {
    const length = Buffer.byteLength(data);
    let written = 0;
    try {
      written = this.#disk.write(this.#fd, data, 0);
      if (written < length) {
        const bytes = Buffer.from(data);
        while (written < length) written += this.#disk.write(this.#fd, bytes, written);
      }
      return length;
    } catch (error) {
      const expected = size + written;
      if (!this.tryTakeBack(size, expected)) writer.unsound = { size, expected };
      throw asIoError(error, "append to", this.path);
    }
  }

  /** Cuts the file back to `size` if it is `expected` bytes long. */
  takeBack(size: number, expected: number): void {
    if (this.stat().size === expected) this.#disk.truncate(this.#fd, size);
  }

  /** As `takeBack`; false when the disk refuses that too. */
  tryTakeBack(size: number, expected: number): boolean {
    try {
      this.takeBack(size, expected);
      return true;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  syncNow(): void {
    this.#disk.syncNow(this.#fd);
  }

  async sync(): Promise<void> {
    await this.#disk.sync(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

const orUndefined = { throwIfNoEntry: false } as const;

function isAt(file: string, ino: bigint): boolean {
  return lstatSync(file, { bigint: true, throwIfNoEntry: false })?.ino === ino;
}

/** Inode numbers past 2^53 (ReFS) lose their last digits in a double, and only then a second look is worth its price. */
function exactly({ dev, ino, size }: Stats, fd: number): FileStat {
  const exact = ino > Number.MAX_SAFE_INTEGER ? fstatSync(fd, { bigint: true }) : { dev, ino };
  return { dev: BigInt(exact.dev), ino: BigInt(exact.ino), size };
}

function notAFile(file: string, cause: unknown): TranscriptError {
  const message = `${file} is not a plain file; session files are never followed through links`;
  return new TranscriptError("NOT_A_SESSION", message, { sessionFile: file, cause });
}
