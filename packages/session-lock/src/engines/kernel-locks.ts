import { createRequire } from "node:module";

/** The byte-range locks of fs-native-extensions: OFD locks (Linux), flock (macOS), LockFileEx (Windows). */
export interface KernelLocks {
  tryLock(fd: number, offset: number, length: number): boolean;
  /** Costs one native thread until granted, cannot be cancelled, and keeps the process alive meanwhile. */
  waitForLock(fd: number, offset: number, length: number): Promise<void>;
  unlock(fd: number, offset: number, length: number): void;
}

let loaded: { readonly locks: KernelLocks | undefined } | undefined;

/** Loads the add-on on first use; `undefined` where it is not installed or has no build for this platform. */
export function loadKernelLocks(): KernelLocks | undefined {
  loaded ??= { locks: load() };
  return loaded.locks;
}

function load(): KernelLocks | undefined {
  try {
    const addon: unknown = createRequire(import.meta.url)("fs-native-extensions");
    return isKernelLocks(addon) ? addon : undefined;
  } catch {
    return undefined; // an optional dependency: its absence is the ordinary case on musl and rare platforms
  }
}

function isKernelLocks(addon: unknown): addon is KernelLocks {
  return (
    typeof addon === "object" &&
    addon !== null &&
    "tryLock" in addon &&
    typeof addon.tryLock === "function" &&
    "waitForLock" in addon &&
    typeof addon.waitForLock === "function" &&
    "unlock" in addon &&
    typeof addon.unlock === "function"
  );
}
