import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { hasCode } from "../errors.ts";

/** The byte-range locks of fs-native-extensions: OFD locks (Linux), flock (macOS), LockFileEx (Windows). */
export interface KernelLocks {
  tryLock(fd: number, offset: number, length: number): boolean;
  unlock(fd: number, offset: number, length: number): void;
}

let loaded: { readonly locks: KernelLocks | undefined } | undefined;

/**
 * Loads the add-on on first use; `undefined` where it is not installed or has no build for this platform. Throws where no
 * descriptor is left to load it with: the process would use the other engine than all others for the rest of its life.
 */
export function loadKernelLocks(): KernelLocks | undefined {
  if (loaded !== undefined) return loaded.locks;
  const locks = load();
  if (locks === undefined) openAnything();
  loaded = { locks };
  return locks;
}

/** The failure to load says in many words, or not at all, that no descriptor was left. */
function openAnything(): void {
  closeSync(openSync(os.devNull, "r"));
}

function load(): KernelLocks | undefined {
  const addon = "fs-native-extensions";
  // Its build for this platform by name: its own way there reads 20 modules, and costs a process 20 ms before its first lock.
  return (
    loadBinding(`${addon}/prebuilds/${process.platform}-${process.arch}/${addon}.node`) ??
    loadBinding(`${addon}/binding`)
  );
}

function loadBinding(specifier: string): KernelLocks | undefined {
  try {
    const binding: unknown = createRequire(import.meta.url)(specifier);
    return isBinding(binding) ? kernelLocks(binding) : undefined;
  } catch {
    return undefined; // an optional dependency: its absence is the ordinary case on musl and rare platforms
  }
}

/** The functions that the add-on's own module wraps. Each needs all its arguments: a missing one ends the process. */
interface Binding {
  readonly tryLock: (fd: number, offset: number, length: number, exclusive: boolean) => void;
  readonly unlock: (fd: number, offset: number, length: number) => void;
}

/** The add-on says "held" by an exception; collecting a stack for each would be most of the cost of a try. */
function kernelLocks(binding: Binding): KernelLocks {
  return {
    tryLock: (fd, offset, length) => {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      try {
        binding.tryLock(fd, offset, length, true);
        return true;
      } catch (error) {
        if (hasCode(error, "EAGAIN")) return false;
        throw error;
      } finally {
        Error.stackTraceLimit = stackTraceLimit;
      }
    },
    unlock: binding.unlock,
  };
}

function isBinding(loaded: unknown): loaded is Binding {
  return (
    typeof loaded === "object" &&
    loaded !== null &&
    "tryLock" in loaded &&
    typeof loaded.tryLock === "function" &&
    "unlock" in loaded &&
    typeof loaded.unlock === "function"
  );
}
