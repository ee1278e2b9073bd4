import { randomUUID } from "node:crypto";
import path from "node:path";
import { assertDurability } from "../append/durability.ts";
import type { SessionEntry, SessionHeader } from "../entry.ts";
import { newLog, openLog } from "./guarded-log.ts";
import { cwdIn, newHeader } from "../file/header.ts";
import { currentEntries } from "../file/legacy-entries.ts";
import { ManagedSession } from "./managed-session.ts";
import { MemoryLog } from "./memory-log.ts";
import { piSessionFolder } from "./pi-layout.ts";
import { mostRecentSession } from "./recent-session.ts";
import { ensureFolder } from "../file/ensure-folder.ts";
import { assertSessionId } from "../store/session-key.ts";
import type { NewSessionOptions, OpenSessionOptions } from "./session-options.ts";

/** A new session in a folder. Its file appears with the first append. */
export function createSession(
  cwd: string,
  sessionDir = piSessionFolder(cwd),
  options: NewSessionOptions = {},
): ManagedSession {
  ensureFolder(sessionDir);
  const log = newLog(sessionDir, headerFor(cwd, options), {});
  return new ManagedSession({ cwd, sessionDir, guard: {} }, log);
}

/** The session in a file, or a new one at exactly this path. */
export function openSession(file: string, options: OpenSessionOptions): ManagedSession {
  const { sessionDir = path.dirname(path.resolve(file)), cwdOverride, ...guard } = options;
  assertDurability(guard.durability);
  const log = openLog(file, cwdOverride ?? process.cwd(), guard);
  return new ManagedSession(
    { cwd: cwdOverride ?? cwdIn(log.header) ?? process.cwd(), sessionDir, guard },
    log,
  );
}

/** The session of a folder that was written last, or a new one. Other folders than pi's own hold many projects' sessions. */
export function recentSession(cwd: string, sessionDir = piSessionFolder(cwd)): ManagedSession {
  const file = mostRecentSession(sessionDir, sessionDir === piSessionFolder(cwd) ? undefined : cwd);
  return file ? openSession(file, { sessionDir, cwdOverride: cwd }) : createSession(cwd, sessionDir);
}

/** A session that is never written to disk, empty or of these entries. */
export function memorySession(
  cwd = process.cwd(),
  options: NewSessionOptions = {},
  entries: readonly (SessionHeader | SessionEntry)[] = [],
): ManagedSession {
  const current = currentEntries(entries);
  const header = current.find((entry) => entry.type === "session") ?? headerFor(cwd, options);
  const log = new MemoryLog(
    header,
    current.filter((entry) => entry.type !== "session"),
  );
  return new ManagedSession({ cwd, sessionDir: "", guard: {} }, log);
}

function headerFor(cwd: string, { id = randomUUID(), parentSession }: NewSessionOptions): SessionHeader {
  return newHeader({ sessionId: assertSessionId(id), cwd, parentSession });
}
