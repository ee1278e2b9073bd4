import type { Identity, Owner } from "./owner.ts";
import type { SessionLockHolder } from "./errors.ts";
import type { EngineName } from "./options.ts";

/**
 * A lock record on disk: one JSON object padded with blanks to a fixed length, the epoch first and always 16 digits,
 * so that the hot path reads 32 bytes, rewrites in place, and never needs new disk space to take a lock.
 */
export const recordBytes = 1024;

const protocol = "session-lock/1";
const epochAt = '{"epoch":'.length;
const epochDigits = 16;
const smallestEpoch = 10 ** (epochDigits - 1);
const longestPurpose = 200;
const longestWhere = 300;

/** What changes from one owner to the next. */
export interface Claim {
  readonly purpose: string | undefined;
  readonly where: string | undefined;
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
  | { readonly kind: "unreadable" };

/** Greater than every epoch before: the stored one, the last one of this process, and the wall clock (µs). */
export function nextEpoch(stored: number, lastOfProcess: number): number {
  return Math.max(smallestEpoch, stored + 1, lastOfProcess + 1, Date.now() * 1000);
}

/** The epoch at the start of a record, or 0 where there is none. */
export function readEpoch(bytes: Buffer): number {
  const epoch = Number(bytes.toString("latin1", epochAt, epochAt + epochDigits));
  return Number.isSafeInteger(epoch + 1) ? epoch : 0;
}

/** Writes records of one identity and engine; the parts that never change are rendered once. */
export class RecordWriter {
  readonly #buffer = Buffer.alloc(recordBytes, " ");
  readonly #constant: string;
  #createdAt = "";
  #createdSecond = 0;

  constructor(identity: Identity, engine: EngineName) {
    this.#constant = `"protocol":"${protocol}","engine":"${engine}",${JSON.stringify(identity).slice(1, -1)}`;
  }

  /** The record of one claim. The buffer is reused by the next call. */
  write(epoch: number, claim: Claim): Buffer {
    const acquiredAt = Date.now();
    const text =
      `{"epoch":${epoch},"acquiredAt":${acquiredAt},"createdAt":"${this.#isoSecond(acquiredAt)}",${this.#constant}` +
      `${optional("purpose", claim.purpose, longestPurpose)}${optional("where", claim.where, longestWhere)}}`;
    const buffer = this.#buffer.fill(" ");
    buffer.write(text);
    buffer[recordBytes - 1] = 0x0a;
    return buffer;
  }

  #isoSecond(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.#createdSecond) {
      this.#createdSecond = second;
      this.#createdAt = new Date(second * 1000).toISOString();
    }
    return this.#createdAt;
  }
}

/** Reads a whole lock file. Never throws: what cannot be understood is `unreadable`, which counts as held. */
export function parseRecord(text: string): LockRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "unreadable" }; // being written right now, or not a lock record at all
  }
  if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number")
    return { kind: "unreadable" };
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
    typeof value.host === "string"
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
