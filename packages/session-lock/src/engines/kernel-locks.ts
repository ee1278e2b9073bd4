import { createRequire } from "node:module";

/** The byte-range locks of fs-native-extensions: OFD locks (Linux), flock (macOS), LockFileEx (Windows). */
export interface KernelLocks {
  tryLock(fd: number, offset: number, length: number): boolean;
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
    return isKernelLocks(addon) ? withCheapRefusals(addon) : undefined;
  } catch {
    return undefined; // an optional dependency: its absence is the ordinary case on musl and rare platforms
  }
}

/** The add-on says "held" by an exception inside; collecting a stack for each would be most of the cost of a try. */
function withCheapRefusals(addon: KernelLocks): KernelLocks {
  return {
    tryLock: (fd, offset, length) => {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      try {
        return addon.tryLock(fd, offset, length);
      } finally {
        Error.stackTraceLimit = stackTraceLimit;
      }
    },
    unlock: (fd, offset, length) => addon.unlock(fd, offset, length),
  };
}

function isKernelLocks(addon: unknown): addon is KernelLocks {
  return (
    typeof addon === "object" &&
    addon !== null &&
    "tryLock" in addon &&
    typeof addon.tryLock === "function" &&
    "unlock" in addon &&
    typeof addon.unlock === "function"
  );
}
