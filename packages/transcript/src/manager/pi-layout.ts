import path from "node:path";
import { piAgentFolder } from "../config.ts";
import type { SessionHeader } from "../entry.ts";

/** The folder pi keeps a working folder's sessions in. Nothing is made. */
export function piSessionFolder(cwd: string, agentDir = piAgentFolder()): string {
  const encoded = path
    .resolve(cwd)
    .replace(/^[/\\]/, "")
    .replace(/[/\\:]/g, "-");
  return path.join(piSessionsFolder(path.resolve(agentDir)), `--${encoded}--`);
}

/** The folder of all these folders. */
export function piSessionsFolder(agentDir = piAgentFolder()): string {
  return path.join(agentDir, "sessions");
}

/** The name pi gives a new session's file. */
export function piSessionFile(folder: string, { timestamp, id }: SessionHeader): string {
  return path.join(folder, `${timestamp.replace(/[:.]/g, "-")}_${id}.jsonl`);
}
