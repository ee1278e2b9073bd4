import type { SessionLockHolder } from "./errors.ts";
import type { EngineName } from "./options.ts";

/**
 * A lock record on disk: one JSON object padded with blanks to a fixed length (in a lock file it ends behind that), the epoch first and always 16 digits, what is
 * owed next, so that the hot path reads its head, rewrites in place, and never needs new disk space to take a lock.
 */
export const recordBytes = 1024;

const protocol = "session-lock/1";
const epochAt = '{"epoch":'.length;
const epochDigits = 16;
/** Length of `{"epoch":…,"acquiredAt":…`, which is the same for every record (13 digits: until the year 2286). */
const numbersBytes = epochAt + epochDigits + ',"acquiredAt":'.length + 13;
/** What follows the numbers where a fence is owed: no other field begins with its first letter there. */
const fenceName = ',"fence":';
const fenceLetterAt = numbersBytes + ',"'.length;
const fenceLetter = "f".charCodeAt(0);
/** OpenClaw's older releases think of a lock by the age of `createdAt`, in half hours: it may be as old as this, in ms. */
const renderedMs = 60_000;
/**
 * How the record of a lock file ends: in the name of a string whose text, and the end of the object, stand behind it (engines/wait-table.ts).
 * A claim on a lock folder is whole by itself.
 */
const ends = { kernel: ',"waiting":"', lockfile: "}\n" } as const;
const longestPurpose = 200;
const longestWhere = 300;
/** No byte of it reached the disk, or not all did. */
const remnant = /^(?:$|\0|\{"epoch":)/;

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
  /**
   * The owner before this one may still be writing, so whoever comes next fences that one off first: when this owner is
   * dead (`due`), or at once, as it could not do so itself and has left (`left`).
   */
  readonly fence?: "due" | "left";
}

/** The part of an owner record that is the same for everything this thread locks. */
export type Identity = Pick<Owner, "pid" | "tid" | "starttime" | "host" | "hostId" | "boot" | "pidns">;

/** What changes from one owner to the next. */
export interface Claim {
  readonly purpose: string | undefined;
  readonly where: string | undefined;
  readonly fence?: Owner["fence"];
}

/** A lock file's content, told apart by who wrote it. */
export type LockRecord =
  | { readonly kind: "ours"; readonly engine: EngineName; readonly owner: Owner }
  | {
      readonly kind: "foreign";
      readonly pid: number;
      readonly createdAt: number;
      readonly starttime?: number;
    }
  | {
      readonly kind: "unreadable";
      /** It may be what a power cut left of a record of ours. */
      readonly isRemnant: boolean;
    };

/** What whoever takes the lock has to know of the record before. */
export interface RecordHead {
  /** 0 where there is none. */
  readonly epoch: number;
  /** Whoever lost the lock last was not fenced off. */
  readonly owesFence: boolean;
}

export function readHead(bytes: Buffer): RecordHead {
  const epoch = Number(bytes.toString("latin1", epochAt, epochAt + epochDigits));
  return {
    epoch: Number.isSafeInteger(epoch + 1) ? epoch : 0,
    owesFence: bytes[fenceLetterAt] === fenceLetter,
  };
}

/**
 * Writes records of one identity and engine. Between two owners with the same purpose only the first two numbers
 * differ, so only those are rendered again: this runs on every acquire.
 */
export class RecordWriter {
  readonly #buffer = Buffer.alloc(recordBytes, " ");
  readonly #identity: string;
  readonly #end: string;
  #nonce = "";
  #purpose: string | undefined;
  #where: string | undefined;
  #fence: Owner["fence"];
  #renderedAt = 0;

  constructor(identity: Identity, engine: EngineName) {
    this.#end = ends[engine];
    this.#identity = `"protocol":"${protocol}","engine":"${engine}",${JSON.stringify(identity).slice(1, -1)}`;
  }

  /** The record of one claim. The buffer is reused by the next call. */
  write(epoch: number, claim: Claim, nonce: string): Buffer {
    const now = Date.now();
    const sameText = nonce === this.#nonce && claim.purpose === this.#purpose && claim.where === this.#where;
    if (!sameText || claim.fence !== this.#fence || now - this.#renderedAt > renderedMs)
      this.#render(claim, nonce, now);
    this.#buffer.write(
      `{"epoch":${epoch},"acquiredAt":${now < 1e12 ? String(now).padStart(13) : now}`,
      0,
      "latin1",
    );
    return this.#buffer;
  }

  #render(claim: Claim, nonce: string, now: number): void {
    this.#nonce = nonce;
    this.#purpose = claim.purpose;
    this.#where = claim.where;
    this.#fence = claim.fence;
    this.#renderedAt = now;
    const text =
      (claim.fence === undefined ? "" : `${fenceName}"${claim.fence}"`) +
      `,"createdAt":"${new Date(now).toISOString()}","nonce":"${nonce}",${this.#identity}` +
      `${optional("purpose", claim.purpose, longestPurpose)}${optional("where", claim.where, longestWhere)}`;
    this.#buffer.fill(" ").write(text, numbersBytes);
    this.#buffer.write(this.#end, recordBytes - this.#end.length);
  }
}

/** Reads a whole lock file. Never throws: what cannot be understood is `unreadable`, which counts as held. */
export function parseRecord(text: string): LockRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "unreadable", isRemnant: remnant.test(text) }; // being written right now, or not a lock record at all
  }
  if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number")
    return { kind: "unreadable", isRemnant: false };
  if ("protocol" in value && value.protocol === protocol && isOwner(value))
    return {
      kind: "ours",
      engine: "engine" in value && value.engine === "lockfile" ? "lockfile" : "kernel",
      owner: value,
    };
  const createdAt =
    "createdAt" in value && typeof value.createdAt === "string" ? Date.parse(value.createdAt) : NaN;
  return {
    kind: "foreign",
    pid: value.pid,
    createdAt: Number.isNaN(createdAt) ? Date.now() : createdAt,
    ...("starttime" in value && typeof value.starttime === "number" && { starttime: value.starttime }),
  };
}

/** Whether somebody who may still be writing is to be fenced off before the next owner writes. */
export function owesFence(record: LockRecord): boolean {
  return record.kind === "ours" && record.owner.fence !== undefined;
}

/** The greatest epoch that was given out or set aside under a lock with this record; 0 where it tells none. */
export function lastEpochOf(record: LockRecord): number {
  return record.kind === "ours" ? record.owner.epoch : 0;
}

/** The holder as errors and the inspector show it. */
export function holderOf(record: LockRecord): SessionLockHolder | undefined {
  switch (record.kind) {
    case "ours": {
      const { pid, host, purpose, acquiredAt, epoch, where } = record.owner;
      return { pid, host, purpose, acquiredAt, epoch, where };
    }
    case "foreign":
      return {
        pid: record.pid,
        host: undefined,
        purpose: undefined,
        acquiredAt: record.createdAt,
        epoch: undefined,
        where: undefined,
      };
    case "unreadable":
      return undefined;
  }
}

function isOwner(value: object): value is Owner {
  return (
    "epoch" in value &&
    typeof value.epoch === "number" &&
    "acquiredAt" in value &&
    typeof value.acquiredAt === "number" &&
    "nonce" in value &&
    typeof value.nonce === "string" &&
    "host" in value &&
    typeof value.host === "string" &&
    (!("purpose" in value) || typeof value.purpose === "string") &&
    (!("where" in value) || typeof value.where === "string")
  );
}

/** Escaped to ASCII so that its length in bytes is known: a record must never outgrow its place. */
function optional(name: string, value: string | undefined, longest: number): string {
  if (value === undefined || value === "") return "";
  let text = JSON.stringify(value.slice(0, longest));
  if (text.length > longest + 2 || Buffer.byteLength(text) > longest + 2)
    text = JSON.stringify(value.replace(/[^ !#-[\]-~]/g, "?").slice(0, longest));
  return `,"${name}":${text}`;
}
