import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A folder of its own for the running test, gone when the test ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "transcript-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The path of a session that does not exist yet. */
export function tempSession(): string {
  return path.join(tempFolder(), "session.jsonl");
}
