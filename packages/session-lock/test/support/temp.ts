import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A folder of this test's own, removed when it ends. */
export function tempFolder(parent = os.tmpdir()): string {
  const folder = mkdtempSync(path.join(parent, "session-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A session file path of this test's own; the file does not exist yet. */
export function tempSession(name = "session.jsonl"): string {
  return path.join(tempFolder(), name);
}

/** As `tempSession`, in memory where the system has such a folder: for tests of very many holds, each of which would be synced. */
export function memorySession(): string {
  return path.join(tempFolder(existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir()), "session.jsonl");
}
