import { AsyncLocalStorage } from "node:async_hooks";
import type { Identity } from "./owner.ts";
import type { FileLock } from "./queue.ts";
import type { Scope } from "./scope.ts";

/** What every copy of this package in one process (one thread) shares, so that two installs behave as one. */
export interface ProcessState {
  /** One entry per session file that is held, waited for, or was used within the last second. */
  readonly files: Map<string, FileLock>;
  /** The spellings under which those files were asked for lately, each with its entry. */
  readonly spellings: Map<string, Spelling>;
  readonly scopes: AsyncLocalStorage<Scope>;
  identity: Identity | undefined;
  /** The timer that looks after `files`; absent while there are none. */
  housekeeper: NodeJS.Timeout | undefined;
  exitHooked: boolean;
  /** Heartbeats of owners on other hosts, by lock path: which was seen last, and since when (monotonic ms). */
  readonly heartbeats: Map<string, { readonly beat: string; readonly since: number }>;
  /** Whether acquires record their call site; `undefined` until the environment was asked. */
  debugging: boolean | undefined;
  /** Tasks that wait for a lock. */
  waits: number;
  /** Native waits in progress, over all files. */
  nativeWaits: number;
  /** The greatest epoch this process has handed out. */
  lastEpoch: number;
}

interface Spelling {
  readonly file: FileLock;
  readonly resolvedAt: number;
}

/** Bump when two versions could no longer work on each other's objects. */
const key = Symbol.for("session-lock.process.1");

export const processState: ProcessState = shared();

function shared(): ProcessState {
  const existing: unknown = Reflect.get(globalThis, key);
  if (isProcessState(existing)) return existing;
  const created: ProcessState = {
    files: new Map(),
    spellings: new Map(),
    scopes: new AsyncLocalStorage(),
    heartbeats: new Map(),
    identity: undefined,
    housekeeper: undefined,
    exitHooked: false,
    debugging: undefined,
    waits: 0,
    nativeWaits: 0,
    lastEpoch: 0,
  };
  Reflect.defineProperty(globalThis, key, { value: created });
  return created;
}

/** The key names the protocol, so whatever is there was put there by a copy that agrees on it. */
function isProcessState(value: unknown): value is ProcessState {
  return value !== undefined;
}
