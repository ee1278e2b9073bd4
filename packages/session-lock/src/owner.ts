import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import os from "node:os";
import { processState } from "./process-state.ts";
import { startTimeOf } from "./process-table.ts";

/**
 * What a lock record tells about its owner: enough to name it, and enough for a process on the same machine to know
 * whether it is dead. Field names `pid`, `createdAt` and `starttime` are those of OpenClaw's lock files, so that
 * its older releases understand ours.
 */
export interface Owner {
  readonly epoch: number;
  /** ms since 1970, by the owner's clock. */
  readonly acquiredAt: number;
  readonly createdAt: string;
  /** Different for every claim on a lock folder. */
  readonly nonce: string;
  readonly pid: number;
  /** Kernel thread id of the owning thread (Linux): a worker thread can die without its process. */
  readonly tid?: number;
  /** Start time of the thread (Linux: clock ticks since boot) or process (elsewhere: what the system's tool prints). */
  readonly starttime?: number | string;
  readonly host: string;
  /** Hash of the machine id; equal hosts have equal ids, but cloned images may too. */
  readonly hostId: string;
  /** Boot id (Linux): pids mean something only within one boot of one kernel. */
  readonly boot?: string;
  /** Pid namespace (Linux): and only within one of these. */
  readonly pidns?: string;
  readonly purpose?: string;
  readonly where?: string;
}

/** The part of an owner record that is the same for everything this thread locks. */
export type Identity = Pick<Owner, "pid" | "tid" | "starttime" | "host" | "hostId" | "boot" | "pidns">;

/** This thread's identity, read from the system once: some file reads (Linux) or a child process (elsewhere). */
export function identity(): Identity {
  return (processState.identity ??= readIdentity());
}

function readIdentity(): Identity {
  const tid = ownThreadId();
  const starttime = startTimeOf(process.pid, tid);
  const boot = readTrimmed("/proc/sys/kernel/random/boot_id");
  const pidns = readLink("/proc/self/ns/pid");
  return {
    pid: process.pid,
    ...(tid !== undefined && { tid }),
    ...(starttime !== undefined && { starttime }),
    host: os.hostname().slice(0, 64),
    hostId: hostId(),
    ...(boot !== undefined && { boot }),
    ...(pidns !== undefined && { pidns }),
  };
}

function ownThreadId(): number | undefined {
  // Resolved by the calling thread itself, so a worker thread finds its own id.
  const link = readLink("/proc/thread-self");
  const tid = Number(link?.split("/").at(-1));
  return Number.isInteger(tid) && tid > 0 ? tid : undefined;
}

/** The machine id is meant to stay on its machine, so only a hash of it is written anywhere. */
function hostId(): string {
  const machine = readTrimmed("/etc/machine-id") ?? readTrimmed("/var/lib/dbus/machine-id") ?? os.hostname();
  return createHash("sha256").update(`session-lock:${machine}`).digest("hex").slice(0, 16);
}

function readTrimmed(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined; // not Linux, or hidden from this container: the record then simply lacks the fact
  }
}

function readLink(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined; // as above
  }
}
