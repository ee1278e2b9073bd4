import path from "node:path";
import type { Engine, EngineTarget } from "../engine.ts";
import { engineFromEnvironment } from "../environment.ts";
import { SessionLockError } from "../errors.ts";
import { isLocal } from "../file-system.ts";
import type { EngineName } from "../options.ts";
import { loadKernelLocks } from "./kernel-locks.ts";
import { KernelEngine } from "./kernel.ts";
import { LockfileEngine } from "./lockfile.ts";

/** Forced by option, else by `SESSION_LOCK_ENGINE`, else the best that works for the file's file system. */
export function chooseEngine(sessionFile: string, forced: EngineName | undefined): EngineName {
  const name = forced ?? engineFromEnvironment();
  if (name !== undefined) return name;
  return isLocal(path.dirname(sessionFile)) && loadKernelLocks() !== undefined ? "kernel" : "lockfile";
}

export function openEngine(name: EngineName, target: EngineTarget): Engine {
  if (name === "lockfile") return new LockfileEngine(target);
  const locks = loadKernelLocks();
  if (locks === undefined)
    throw new SessionLockError(
      "IO",
      `cannot lock ${target.sessionFile} with the kernel engine: fs-native-extensions does not load on this platform; use the lockfile engine`,
      { sessionFile: target.sessionFile },
    );
  return new KernelEngine(target, locks);
}
