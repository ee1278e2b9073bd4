import path from "node:path";
import { piAgentFolder } from "./config.ts";
import type { SessionHeader } from "./entry.ts";

/** The folder pi keeps a working folder's sessions in. Nothing is made. */
export function piSessionFolder(cwd: string): string {
  const encoded = cwd.replace(/^[/\\]/, "").replace(/[/\\:]/g, "-");
  return path.join(piAgentFolder(), "sessions", `--${encoded}--`);
}

/** The name pi gives a new session's file. */
export function piSessionFile(folder: string, { timestamp, id }: SessionHeader): string {
  return path.join(folder, `${timestamp.replace(/[:.]/g, "-")}_${id}.jsonl`);
}
