import type { SessionEntry, SessionHeader } from "../entry.ts";
import { freshLog } from "./guarded-log.ts";
import type { ManagedSession } from "./managed-session.ts";
import { MemoryLog } from "./memory-log.ts";
import type { SessionIndex } from "../file/session-index.ts";

const NAMES = ["fileEntries", "flushed", "byId", "labelsById", "leafId", "sessionId", "cwd"] as const;

type FileEntry = SessionHeader | SessionEntry;

/**
 * The private fields of pi's class that older gateways read and write: `fileEntries`, `flushed`, `byId`, `labelsById`,
 * `leafId`, `sessionId`, `cwd`.
 *
 * The array and the maps show the session and grow with it, staying the same objects; what is changed in them changes
 * nothing in the file. These changes count: `flushed = false` (the next append writes a new file, with the header of
 * `fileEntries`), `leafId`, `sessionId`, `cwd`, and in a session in memory also `fileEntries`.
 */
export class PiFields {
  readonly #session: ManagedSession;
  #byId = new Map<string, SessionEntry>();
  #labelsById = new Map<string, string>();
  #fileEntries: FileEntry[] = [];
  #index: SessionIndex | undefined;
  #shown = 0;

  constructor(session: ManagedSession) {
    this.#session = session;
  }

  get fileEntries(): FileEntry[] {
    this.#watch();
    return this.#fileEntries;
  }
  set fileEntries(entries: FileEntry[]) {
    this.#watch();
    this.#fileEntries = entries;
    if (this.#session.log.file !== undefined) return;
    const header = entries.find((entry) => entry.type === "session") ?? this.#session.log.header;
    this.#session.log = new MemoryLog(header, entries.filter(isEntry));
    this.update();
  }

  get byId(): Map<string, SessionEntry> {
    this.#watch();
    return this.#byId;
  }
  set byId(byId: Map<string, SessionEntry>) {
    this.#byId = byId;
  }

  get labelsById(): Map<string, string> {
    this.#watch();
    return this.#labelsById;
  }
  set labelsById(labelsById: Map<string, string>) {
    this.#labelsById = labelsById;
  }

  get flushed(): boolean {
    return this.#session.log.isOnDisk;
  }
  set flushed(isFlushed: boolean) {
    const { log, site } = this.#session;
    if (isFlushed || log.file === undefined) return;
    const header = this.#fileEntries.find((entry) => entry.type === "session") ?? log.header;
    this.#session.log = freshLog(log.file, header, site.guard);
  }

  get leafId(): string | null {
    return this.#session.leafId;
  }
  set leafId(id: string | null) {
    this.#session.moveTo(id);
  }

  get sessionId(): string {
    return this.#session.log.header.id;
  }
  /** The header is the one object that callers change too. A file that exists keeps its id: the next write says so. */
  set sessionId(id: string) {
    Object.assign(this.#session.log.header, { id });
  }

  get cwd(): string {
    return this.#session.site.cwd;
  }
  set cwd(cwd: string) {
    this.#session.site = { ...this.#session.site, cwd };
  }

  /** Shows what is new, once somebody has looked. */
  update(): void {
    if (!this.#session.isWatched) return;
    const { log } = this.#session;
    const index = log.index();
    if (index !== this.#index) {
      this.#fileEntries.splice(0, Infinity, log.header);
      this.#byId.clear();
      this.#index = index;
      this.#shown = 0;
    }
    const { entries, labels } = index;
    for (const entry of entries.slice(this.#shown)) {
      this.#fileEntries.push(entry);
      this.#byId.set(entry.id, entry);
    }
    this.#shown = entries.length;
    this.#labelsById.clear();
    for (const [id, { label }] of labels) this.#labelsById.set(id, label);
  }

  #watch(): void {
    if (this.#session.isWatched && this.#index === this.#session.log.index()) return;
    this.#session.isWatched = true;
    this.update();
  }
}

/** Puts the fields on managers, where code that reaches for them looks. They are not listed and not part of their type. */
export function exposeFields<T extends object>(prototype: T, fieldsOf: (manager: T) => PiFields): void {
  for (const name of NAMES) {
    Reflect.defineProperty(prototype, name, {
      get(this: T) {
        const fields = fieldsOf(this);
        return Reflect.get(fields, name, fields);
      },
      set(this: T, value: unknown) {
        const fields = fieldsOf(this);
        Reflect.set(fields, name, value, fields);
      },
    });
  }
}

function isEntry(entry: FileEntry): entry is SessionEntry {
  return entry.type !== "session";
}
