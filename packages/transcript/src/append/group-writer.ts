import { AppendBatch } from "./append.ts";
import type { Appended } from "./appended.ts";
import type { Durability } from "./durability.ts";
import { SYSTEM_DISK } from "../file/disk.ts";
import type { Disk } from "../file/disk.ts";
import { appendPlain } from "./plain-append.ts";
import type { SessionLog } from "../file/session-log.ts";
import { stageRequest } from "./stage-request.ts";
import type { AppendRequest, StagedRequest } from "./stage-request.ts";
import type { OwnersRight } from "./write-right.ts";

/** What became of a group of requests: an outcome for each, or one failure for all. */
export type Outcome =
  | { readonly kind: "written"; readonly results: readonly StagedRequest[] }
  | { readonly kind: "failed"; readonly error: unknown };

/** Where the requests of a queue go. Nothing here rejects: a failure belongs to the requests, not to who had the lock. */
export interface GroupWriter {
  write(right: OwnersRight, requests: readonly AppendRequest[]): Promise<Outcome>;
  /** What becomes of a request that could not get the lock. */
  withoutLock(request: AppendRequest, error: unknown): Promise<Outcome>;
}

export interface FileWriterSettings {
  readonly durability: Durability;
  readonly disk?: Disk;
  /** Asked before anything is written, with the epoch of the lock's owner; what it throws fails the appends. */
  readonly assertWanted?: (epoch?: number) => void;
}

/** Writes requests to the session file: one batch, one write, one sync. */
export class FileWriter implements GroupWriter {
  readonly #log: SessionLog;
  readonly #durability: Durability;
  readonly #disk: Disk;
  readonly #assertWanted: (epoch?: number) => void;

  constructor(log: SessionLog, settings: FileWriterSettings) {
    const { durability, disk = SYSTEM_DISK, assertWanted = () => undefined } = settings;
    this.#log = log;
    this.#durability = durability;
    this.#disk = disk;
    this.#assertWanted = assertWanted;
  }

  /** Throws when nothing may be appended here any more, on whatever disk. Ask it under the lock. */
  assertWanted(): void {
    this.#assertWanted();
  }

  /** For one request that need not be on the disk when this returns. Throws where the group would fail. */
  writeNow(right: OwnersRight, request: AppendRequest): readonly Appended[] {
    this.#assertWanted();
    const appended = appendPlain(this.#log, right, request, this.#disk);
    if (appended !== undefined) return [appended];
    const batch = AppendBatch.begin(this.#log, right, this.#disk);
    try {
      const result = stageRequest(batch, request, this.#log.path);
      batch.write();
      batch.acknowledge();
      if (result instanceof Error) throw result;
      return result;
    } finally {
      batch[Symbol.dispose]();
    }
  }

  /** With `before`, that is put into the batch first, and is on the disk when this resolves. */
  async write(
    right: OwnersRight,
    requests: readonly AppendRequest[],
    before?: (batch: AppendBatch) => void,
  ): Promise<Outcome> {
    try {
      this.#assertWanted(right.epoch);
      using batch = AppendBatch.begin(this.#log, right, this.#disk);
      before?.(batch);
      const results = requests.map((request) => stageRequest(batch, request, this.#log.path));
      batch.write();
      if (this.#durability !== "os" || before !== undefined) await batch.sync();
      batch.acknowledge();
      return { kind: "written", results };
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  withoutLock(_: AppendRequest, error: unknown): Promise<Outcome> {
    return Promise.resolve({ kind: "failed", error });
  }
}
