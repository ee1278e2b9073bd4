import { homedir } from "node:os";
import path from "node:path";

/** What a write without the lock meets: an error, a process warning, or nothing. */
export type UnguardedPolicy = "throw" | "warn" | "allow";

/** `SESSION_LOCK_UNGUARDED`, or `"throw"` when it is absent or says anything else than a policy. */
export function unguardedPolicy(): UnguardedPolicy {
  const value = process.env["SESSION_LOCK_UNGUARDED"];
  return value === "warn" || value === "allow" ? value : "throw";
}

/** `SESSION_LOCK_HOME`, or `~/.session-lock`. */
export function homeFolder(): string {
  const value = process.env["SESSION_LOCK_HOME"];
  return value ? path.resolve(value) : path.join(homedir(), ".session-lock");
}

/** Where pi keeps its sessions: `PI_CODING_AGENT_DIR` (a leading tilde is the home folder), or `~/.pi/agent`. */
export function piAgentFolder(): string {
  const value = process.env["PI_CODING_AGENT_DIR"];
  if (!value) return path.join(homedir(), ".pi", "agent");
  return path.resolve(value.replace(/^~(?=$|[\\/])/, homedir()));
}
