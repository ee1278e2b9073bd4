import type { Disk } from "./disk.ts";
import { SessionFile } from "./session-file.ts";
import type { FileStat } from "./session-file.ts";

/** An open session file and how it was found at this instant. */
export interface LentFile {
  readonly file: SessionFile;
  readonly stat: FileStat;
}

interface Kept {
  readonly file: SessionFile;
  readonly disk: Disk;
  isLent: boolean;
  /** Which of all uses was its last one. */
  usedAt: number;
}

// Shared by every copy of this package in the process, so that the bound is one for all of them.
const KEPT = Symbol.for("@session-lock/transcript.kept-files.2");
const IDLE_MS = 1_000;
// An open file keeps Windows from putting another one in its place, as a repair does.
const MAX_KEPT = process.platform === "win32" ? 0 : 64;

/**
 * Session files that stay open between appends, because opening costs more than appending or looking.
 *
 * Each use first asks the path whether it still leads to the same file: a forced takeover of the lock and a repair put
 * another one there, and what is written to the old one then nobody reads. A file is closed when it has had no use for a
 * second or two, when its session is closed, and when too many are open.
 */
class KeptFiles {
  readonly #kept = new Map<string, Kept>();
  #uses = 0;
  #sweeper: NodeJS.Timeout | undefined;

  /** The file at `path`, for appending, until it is given back. Undefined when there is none. */
  lend(path: string, disk: Disk): LentFile | undefined {
    const kept = this.#kept.get(path);
    if (kept !== undefined && !kept.isLent && kept.disk === disk) {
      const stat = kept.file.statAtPath();
      if (stat !== undefined) {
        kept.isLent = true;
        return { file: kept.file, stat };
      }
    }
    if (kept?.isLent === false) this.#close(kept);
    return this.#open(path, disk);
  }

  /** What `look` makes of the file at `path`, of which it only reads. Undefined when there is none. */
  read<T>(path: string, look: (lent: LentFile) => T): T | undefined {
    const kept = this.#kept.get(path);
    const stat = kept?.file.statAtPath();
    if (kept !== undefined && stat !== undefined) return look({ file: kept.file, stat });
    const file = SessionFile.open(path, "read");
    if (file === undefined) return undefined;
    try {
      return look({ file, stat: file.opened });
    } finally {
      file[Symbol.dispose]();
    }
  }

  giveBack(file: SessionFile): void {
    const kept = this.#kept.get(file.path);
    if (kept?.file !== file) {
      file[Symbol.dispose]();
      return;
    }
    kept.isLent = false;
    kept.usedAt = this.#uses += 1;
    if (this.#kept.size > MAX_KEPT) this.#closeOldest();
    if (this.#sweeper === undefined) this.#sweepLater();
  }

  /** Closes the file of a session that is closed. One that is lent is closed when it comes back. */
  forget(path: string): void {
    const kept = this.#kept.get(path);
    if (kept?.isLent === true) this.#kept.delete(path);
    else if (kept !== undefined) this.#close(kept);
  }

  #open(path: string, disk: Disk): LentFile | undefined {
    const file = SessionFile.open(path, "append", disk);
    if (file === undefined) return undefined;
    // One that is lent already (to a writer that goes without the lock) keeps its place; this one is closed after use.
    if (!this.#kept.has(path)) this.#kept.set(path, { file, disk, isLent: true, usedAt: 0 });
    return { file, stat: file.opened };
  }

  #close(kept: Kept): void {
    this.#kept.delete(kept.file.path);
    kept.file[Symbol.dispose]();
  }

  #closeOldest(): void {
    const idle = [...this.#kept.values()].filter(({ isLent }) => !isLent);
    const [oldest] = idle.sort((a, b) => a.usedAt - b.usedAt);
    if (oldest !== undefined) this.#close(oldest);
  }

  #sweepLater(): void {
    const before = this.#uses;
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined;
      const idle = [...this.#kept.values()].filter(({ isLent, usedAt }) => !isLent && usedAt <= before);
      for (const kept of idle) this.#close(kept);
      if (this.#kept.size > 0) this.#sweepLater();
    }, IDLE_MS).unref();
  }
}

function shared(): KeptFiles {
  const existing: unknown = Reflect.get(globalThis, KEPT);
  if (isKeptFiles(existing)) return existing;
  const created = new KeptFiles();
  Reflect.set(globalThis, KEPT, created);
  return created;
}

/** The symbol names the protocol, so whatever is there was put there by a copy that agrees on it. */
function isKeptFiles(value: unknown): value is KeptFiles {
  return value !== undefined;
}

/** Those of this process. */
export const keptFiles: KeptFiles = shared();
