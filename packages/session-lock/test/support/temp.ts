import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A folder of this test's own, removed when it ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "session-lock-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A session file path of this test's own; the file does not exist yet. */
export function tempSession(name = "session.jsonl"): string {
  return path.join(tempFolder(), name);
}
