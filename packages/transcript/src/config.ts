import { homedir } from "node:os";
import path from "node:path";
import { TranscriptError } from "./errors.ts";

/** What a write without the lock meets: an error, a process warning, or nothing. */
export type UnguardedPolicy = "throw" | "warn" | "allow";

/** `SESSION_LOCK_UNGUARDED`, or `"throw"` when it is absent or says anything else than a policy. */
export function unguardedPolicy(): UnguardedPolicy {
  const value = process.env["SESSION_LOCK_UNGUARDED"];
  return value === "warn" || value === "allow" ? value : "throw";
}

/** `SESSION_LOCK_HOME`, or `~/.session-lock`. Throws `IO` where nothing tells the user's home folder. */
export function homeFolder(home: () => string = homedir): string {
  const value = process.env["SESSION_LOCK_HOME"];
  return value ? path.resolve(value) : path.join(usersHome("SESSION_LOCK_HOME", home), ".session-lock");
}

/**
 * Where pi keeps its sessions: `PI_CODING_AGENT_DIR` (a leading tilde is the home folder), or `~/.pi/agent`. Throws `IO` as
 * `homeFolder` does.
 */
export function piAgentFolder(home: () => string = homedir): string {
  const value = process.env["PI_CODING_AGENT_DIR"];
  if (!value) return path.join(usersHome("PI_CODING_AGENT_DIR", home), ".pi", "agent");
  return path.resolve(value.replace(/^~(?=$|[\\/])/, () => usersHome("HOME", home)));
}

/** A process may run as a user that the system knows nothing of, as containers do. */
function usersHome(variable: string, home: () => string): string {
  const [folder, cause] = told(home);
  // An empty HOME is told as it is, and would put sessions wherever the process happens to stand.
  if (folder !== "") return folder;
  const others = variable === "HOME" ? "" : ` or ${variable}`;
  throw new TranscriptError(
    "IO",
    `this user has no home folder to keep sessions in: set HOME${others} to a folder`,
    {
      cause,
    },
  );
}

function told(home: () => string): readonly [string, unknown] {
  try {
    return [home(), undefined];
  } catch (error) {
    // `home` fails for one reason only: there is no HOME, and no entry for the user.
    return ["", error];
  }
}
