import os from "node:os";
import { stateOf } from "./process-table.ts";
import type { Identity, LockRecord, Owner } from "./record.ts";

/**
 * What this process can know about another owner.
 * - **alive** / **dead**: same boot and pid namespace (or same host where the system has neither), so the process
 *   table is proof.
 * - **foreign**: another host, boot or namespace; its pid means nothing here and only its heartbeat can tell.
 */
export type Liveness = "alive" | "dead" | "foreign";

export function livenessOf(owner: Owner, self: Identity): Liveness {
  if (owner.boot !== self.boot || owner.pidns !== self.pidns) return "foreign";
  if (owner.boot === undefined && (owner.hostId !== self.hostId || owner.host !== self.host))
    return "foreign";
  // "unknown" counts as alive: a holder is only robbed on proof.
  return stateOf(owner.pid, owner.tid, owner.starttime) === "gone" ? "dead" : "alive";
}

/** Whether the owner's machine is this one, which has started anew since. Known on Linux. */
export function isOfEarlierBoot(owner: Owner, self: Identity): boolean {
  const isSameHost = owner.hostId === self.hostId && owner.host === self.host;
  return isSameHost && owner.boot !== undefined && self.boot !== undefined && owner.boot !== self.boot;
}

/**
 * Whether a lock file on this machine's own disk, whose record is not ours, was left by a process that is dead.
 * `changedAt`: when the file was changed last, in ms since 1970.
 */
export function isOfTheDead(record: Exclude<LockRecord, { kind: "ours" }>, changedAt: number): boolean {
  return record.kind === "foreign"
    ? stateOf(record.pid, undefined, record.starttime) === "gone"
    : record.isRemnant && changedAt < startedAt();
}

/** When this machine started, in ms since 1970. In some containers the uptime is the container's, and the clock of `performance` stands still while the machine sleeps. */
function startedAt(): number {
  return Date.now() - Math.max(os.uptime() * 1_000, Number(process.hrtime.bigint() / 1_000_000n));
}
