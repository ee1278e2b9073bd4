import { chooseEngine, openEngine } from "./engines/choose-engine.ts";
import { asLockError, SessionLockError } from "./errors.ts";
import { keepHouse } from "./housekeeper.ts";
import type { LockRequest } from "./options.ts";
import { processWide } from "./process-wide.ts";
import { FileLock } from "./file-lock.ts";
import { canonicalSessionFile, lockPathOf } from "./target.ts";
import { warn } from "./warning.ts";

interface Spelling {
  readonly file: FileLock;
  readonly resolvedAt: number;
}

interface FileLocks {
  /** One entry per session file that is held, waited for, or was used within the last second. */
  readonly byFile: Map<string, FileLock>;
  /** The spellings under which those files were asked for lately, each with its entry. */
  readonly bySpelling: Map<string, Spelling>;
}

const locks = processWide("file-locks", (): FileLocks => ({ byFile: new Map(), bySpelling: new Map() }));

/** How long a spelling of a path is trusted to lead to the same file, in ms. */
const spellingMs = 1_000;

/** Every lock of this process that is in use or was lately. */
export function knownFileLocks(): Iterable<FileLock> {
  return locks.byFile.values();
}

/** This process's lock of a session file however spelt, if it has one. Throws `INVALID_TARGET`, `IO`. */
export function knownFileLock(sessionFile: string): FileLock | undefined {
  // A spelling that was used lately needs no look at the disk.
  const known = locks.bySpelling.get(sessionFile)?.file;
  return known ?? locks.byFile.get(canonicalSessionFile(sessionFile));
}

/** This process's lock of a session file however spelt, made on first use. Throws `INVALID_TARGET`, `ENGINE_MISMATCH`, `IO`. */
export function fileLock(sessionFile: string, request: Pick<LockRequest, "engine">): FileLock {
  const known = locks.bySpelling.get(sessionFile);
  if (known !== undefined && (request.engine === undefined || request.engine === known.file.engine))
    return known.file;
  const file = entryFor(canonicalSessionFile(sessionFile), request);
  // A relative spelling means another file once the working directory changes.
  if (sessionFile.startsWith("/")) locks.bySpelling.set(sessionFile, { file, resolvedAt: performance.now() });
  keepHouse(sweep, closeAll);
  return file;
}

function entryFor(canonical: string, request: Pick<LockRequest, "engine">): FileLock {
  const existing = locks.byFile.get(canonical);
  if (existing !== undefined) {
    if (request.engine === undefined || request.engine === existing.engine) return existing;
    if (existing.isInUse)
      throw new SessionLockError(
        "ENGINE_MISMATCH",
        `${canonical} is locked with the ${existing.engine} engine in this process; it cannot be locked with the ${request.engine} engine too`,
        { sessionFile: canonical },
      );
    existing.close();
    forget(canonical, existing);
  }
  const file = open(canonical, request);
  locks.byFile.set(canonical, file);
  return file;
}

function open(canonical: string, request: Pick<LockRequest, "engine">): FileLock {
  try {
    const engine = chooseEngine(canonical, request.engine);
    const target = { sessionFile: canonical, lockPath: lockPathOf(canonical) };
    return new FileLock(canonical, (onLost) => openEngine(engine, { ...target, onLost }));
  } catch (error) {
    if (error instanceof TypeError) throw error; // what SESSION_LOCK_ENGINE says
    throw asLockError(error, "get ready to lock", canonical);
  }
}

/** Returns whether there is anything left to look after. */
function sweep(now: number): boolean {
  for (const [spelling, { resolvedAt }] of locks.bySpelling)
    if (now - resolvedAt > spellingMs) locks.bySpelling.delete(spelling);
  for (const [sessionFile, file] of locks.byFile) if (!tick(file, now)) forget(sessionFile, file);
  return locks.byFile.size > 0;
}

/** What fails here is nobody's call, so it is warned of, once, and tried again until it works. */
function tick(file: FileLock, now: number): boolean {
  try {
    const isNeeded = file.tick(now);
    troubled.delete(file);
    return isNeeded;
  } catch (error) {
    if (!troubled.has(file))
      warn(
        "SESSION_LOCK_HOUSEKEEPING",
        `looking after the write lock on ${file.sessionFile}: ${String(error)}`,
      );
    troubled.add(file);
    return true;
  }
}

const troubled = new WeakSet<FileLock>();

function forget(sessionFile: string, file: FileLock): void {
  locks.byFile.delete(sessionFile);
  for (const [spelling, entry] of locks.bySpelling)
    if (entry.file === file) locks.bySpelling.delete(spelling);
}

function closeAll(): void {
  // The process ends: what cannot be removed now is left for the next to find free.
  for (const file of locks.byFile.values()) tryToClose(file);
}

function tryToClose(file: FileLock): void {
  try {
    file.close();
  } catch (error) {
    warn("SESSION_LOCK_HOUSEKEEPING", `leaving the write lock on ${file.sessionFile}: ${String(error)}`);
  }
}
