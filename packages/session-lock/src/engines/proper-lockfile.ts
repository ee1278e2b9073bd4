import { createRequire } from "node:module";

/** The calls that proper-lockfile makes on its lock folder; we give it ours instead of the plain ones. */
export interface LockFolderCalls {
  mkdirSync(folder: string): void;
  rmdirSync(folder: string): void;
  statSync(folder: string): { readonly mtime: Date };
  utimesSync(folder: string, atime: Date, mtime: Date): void;
  realpathSync(file: string): string;
}

interface ProperLockfile {
  lockSync(
    file: string,
    options: {
      readonly lockfilePath: string;
      readonly realpath: boolean;
      readonly stale: number;
      readonly update: number;
      readonly fs: LockFolderCalls;
      readonly onCompromised: (error: Error) => void;
    },
  ): () => void;
}

let library: ProperLockfile | undefined;

/** Loaded on first use: loading it installs signal handlers, which a process on the kernel engine should not get. */
export function loadProperLockfile(): ProperLockfile {
  library ??= load();
  return library;
}

function load(): ProperLockfile {
  const loaded: unknown = createRequire(import.meta.url)("proper-lockfile");
  if (isProperLockfile(loaded)) return loaded;
  throw new TypeError("the installed proper-lockfile has no lockSync()");
}

function isProperLockfile(loaded: unknown): loaded is ProperLockfile {
  return typeof loaded === "function" && "lockSync" in loaded && typeof loaded.lockSync === "function";
}
