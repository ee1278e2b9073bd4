import { readFileSync, readlinkSync } from "node:fs";
import os from "node:os";
import { isStarved } from "./errors.ts";
import { processWide } from "./process-wide.ts";
import { isOwnProc, startTimeOf } from "./process-table.ts";
import type { Identity } from "./record.ts";

const own = processWide("identity", (): { identity: Identity | undefined } => ({ identity: undefined }));

/** This thread's identity, read from the system once: some file reads (Linux) or a child process (elsewhere). Throws where no descriptor is left for that. */
export function identity(): Identity {
  return (own.identity ??= readIdentity());
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
  if (!isOwnProc()) return undefined;
  // Resolved by the calling thread itself, so a worker thread finds its own id.
  const link = readLink("/proc/thread-self");
  const tid = Number(link?.split("/").at(-1));
  return Number.isInteger(tid) && tid > 0 ? tid : undefined;
}

/** The machine id is meant to stay on its machine, so only a hash of it is written anywhere. */
function hostId(): string {
  const machine = readTrimmed("/etc/machine-id") ?? readTrimmed("/var/lib/dbus/machine-id") ?? os.hostname();
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(`session-lock:${machine}`).digest("hex").slice(0, 16);
}

function readTrimmed(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return text === "" ? undefined : text;
  } catch (error) {
    // Once and for all this process would be a stranger to the others of its machine, who may rob strangers.
    if (isStarved(error)) throw error;
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
