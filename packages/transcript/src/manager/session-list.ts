import { readdirSync } from "node:fs";
import path from "node:path";
import { cwdIn } from "../file/header.ts";
import { piSessionFolder, piSessionsFolder } from "./pi-layout.ts";
import { jsonlFilesIn, sessionHeaderOf } from "./recent-session.ts";
import { readSessionInfo } from "./session-info.ts";
import type { SessionInfo } from "./session-info.ts";

/**
 * Hears how many files were read, of how many. Now and then it is also given the sessions found until now, the one
 * written last first.
 */
export type SessionListProgress = (loaded: number, total: number, sessions?: SessionInfo[]) => void;

const PUBLISH_EVERY = 10;

/**
 * The sessions of a working folder, the one written last first. In a folder other than pi's own, only those that were
 * started in `cwd`. A file that cannot be read is left out. Rejects only with the signal's reason.
 */
export async function listSessions(
  cwd: string,
  sessionDir = piSessionFolder(cwd),
  onProgress?: SessionListProgress,
  signal?: AbortSignal,
): Promise<SessionInfo[]> {
  const isWanted = cwdFilter(cwd, sessionDir);
  return readSessions(filesOrNone(sessionDir), ({ cwd: at }) => isWanted(at), onProgress, signal);
}

/** The sessions of every working folder in pi's place, or those of one folder of sessions, as `listSessions`. */
export async function listAllSessions(
  first?: string | SessionListProgress,
  second?: SessionListProgress | AbortSignal,
  third?: AbortSignal,
): Promise<SessionInfo[]> {
  const onProgress = [first, second].find((value) => typeof value === "function");
  const signal = [second, third].find((value) => value instanceof AbortSignal);
  const folders = typeof first === "string" ? [first] : foldersIn(piSessionsFolder());
  return readSessions(folders.flatMap(filesOrNone), () => true, onProgress, signal);
}

/** The file of the session with this id, of which only headers are read; undefined when there is none. */
export function findSessionById(
  cwd: string,
  id: string,
  sessionDir = piSessionFolder(cwd),
): string | undefined {
  const isWanted = cwdFilter(cwd, sessionDir);
  return jsonlFilesIn(sessionDir).find((file) => {
    const header = sessionHeaderOf(file);
    return header?.id === id && isWanted(cwdIn(header) ?? "");
  });
}

async function readSessions(
  files: readonly string[],
  isWanted: (session: SessionInfo) => boolean,
  onProgress: SessionListProgress | undefined,
  signal: AbortSignal | undefined,
): Promise<SessionInfo[]> {
  const sessions: SessionInfo[] = [];
  for (const [at, file] of files.entries()) {
    signal?.throwIfAborted();
    const session = await readOrSkip(file, signal);
    if (session && isWanted(session)) sessions.push(session);
    const loaded = at + 1;
    const isTold = loaded === 1 || loaded % PUBLISH_EVERY === 0 || loaded === files.length;
    onProgress?.(loaded, files.length, isTold ? newestFirst(sessions) : undefined);
  }
  return newestFirst(sessions);
}

async function readOrSkip(file: string, signal: AbortSignal | undefined): Promise<SessionInfo | undefined> {
  try {
    return await readSessionInfo(file, signal);
  } catch {
    signal?.throwIfAborted();
    // Whatever is wrong with one file must not hide the others. `transcript doctor` says what it is.
    return undefined;
  }
}

/** Every session of pi's own folder for a working folder belongs to it; of another folder only those that say so. */
function cwdFilter(cwd: string, sessionDir: string): (cwd: string) => boolean {
  if (path.resolve(sessionDir) === piSessionFolder(cwd)) return () => true;
  return (at) => at !== "" && path.resolve(at) === path.resolve(cwd);
}

function newestFirst(sessions: readonly SessionInfo[]): SessionInfo[] {
  return sessions.toSorted((a, b) => b.modified.getTime() - a.modified.getTime());
}

/** A folder that cannot be looked into must not hide the others either. */
function filesOrNone(folder: string): string[] {
  try {
    return jsonlFilesIn(folder);
  } catch {
    return [];
  }
}

function foldersIn(folder: string): string[] {
  try {
    const found = readdirSync(folder, { withFileTypes: true });
    return found
      .filter((one) => one.isDirectory() || one.isSymbolicLink())
      .map(({ name }) => path.join(folder, name));
  } catch {
    return []; // no session was made yet, or nobody may look
  }
}
