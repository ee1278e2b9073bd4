import { statfsSync } from "node:fs";
import path from "node:path";
import type { Engine, EngineTarget } from "../engine.ts";
import { engineFromEnvironment } from "../environment.ts";
import { SessionLockError } from "../errors.ts";
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

/** f_type values of statfs(2) where a kernel lock may not reach the other writers. */
const remoteFileSystems: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x01021997, // 9p
  0x65735546, // FUSE, virtiofs
  0x5346414f, // AFS
  0x00c36400, // Ceph
  0x19830326, // FhGFS/BeeGFS
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
]);

function isLocal(folder: string): boolean {
  if (process.platform === "win32") return !folder.startsWith("\\\\");
  return !remoteFileSystems.has(statfsSync(folder).type >>> 0);
}
