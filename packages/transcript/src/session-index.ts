import type { SessionEntry } from "./entry.ts";

/** A label and when it was given. */
export interface Label {
  readonly label: string;
  readonly timestamp: string;
}

/** All entries of a session in file order, by id, with their labels. Grows, never shrinks. */
export class SessionIndex {
  readonly #entries: SessionEntry[] = [];
  readonly #byId = new Map<string, SessionEntry>();
  readonly #labels = new Map<string, Label>();

  get entries(): readonly SessionEntry[] {
    return this.#entries;
  }

  get byId(): ReadonlyMap<string, SessionEntry> {
    return this.#byId;
  }

  get labels(): ReadonlyMap<string, Label> {
    return this.#labels;
  }

  /** What the session was named last, if that was a name. */
  get name(): string | undefined {
    const name = this.#entries.findLast((entry) => entry.type === "session_info")?.name?.trim();
    return name === "" ? undefined : name;
  }

  /** An id that is there already is a line written twice (old writers did that); the first one stays. */
  add(entry: SessionEntry): void {
    if (this.#byId.has(entry.id)) return;
    this.#entries.push(entry);
    this.#byId.set(entry.id, entry);
    if (entry.type !== "label") return;
    if (entry.label) this.#labels.set(entry.targetId, { label: entry.label, timestamp: entry.timestamp });
    else this.#labels.delete(entry.targetId);
  }

  /** From the root to `id`. Empty when there is no such entry; ends at a parent that is missing or seen before. */
  branch(id: string | null | undefined): SessionEntry[] {
    const path: SessionEntry[] = [];
    const seen = new Set<string>();
    let entry = id == null ? undefined : this.#byId.get(id);
    while (entry && !seen.has(entry.id)) {
      seen.add(entry.id);
      path.push(entry);
      entry = entry.parentId === null ? undefined : this.#byId.get(entry.parentId);
    }
    return path.reverse();
  }
}
