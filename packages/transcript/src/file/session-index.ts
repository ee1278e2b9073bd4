import type { ScannedEntry, Span } from "./entry-scan.ts";
import { sessionNameIn } from "../entry.ts";
import type { SessionEntry } from "../entry.ts";
import { CURRENT_SESSION_VERSION } from "./header.ts";
import { movesLeaf, navigated, Navigation, needsNavigation } from "./navigation.ts";

/** A label and when it was given. */
export interface Label {
  readonly label: string;
  readonly timestamp: string;
}

/** Where an index reads entries from when somebody asks for them. */
export interface EntrySource {
  /** Every entry, parsed. */
  all(): Iterable<SessionEntry>;
  /** Every entry's id, parent and place. */
  scan(): Iterable<ScannedEntry>;
  /** The entries at these places, undefined where there is none after all. */
  at(spans: Iterable<Span>): Iterable<SessionEntry | undefined>;
}

/** Its place matters only as long as the entry is missing. */
interface Row extends Span {
  readonly id: string;
  readonly parentId: string | null;
  /** Undefined for a root, and for a parent that stands behind its child or nowhere. */
  readonly parent: Row | undefined;
  entry: SessionEntry | undefined;
}

/**
 * The entries of a session in file order, by id, with their labels. Grows, never shrinks.
 *
 * States: unread (nothing is known) → scanned (ids and parents; entries are parsed one by one when they are asked for) →
 * parsed (all entries, which stay). Asking for all entries goes straight to parsed, and so does a line that was taken for
 * an entry and turns out to be none: only parsing every line tells what counts then. So does an entry that moves the
 * leaf: parents are then what they mean, see `Navigation`.
 */
export class SessionIndex {
  readonly #source: EntrySource | undefined;
  readonly #rows = new Map<string, Row>();
  readonly #labels = new Map<string, Label>();
  #entries: SessionEntry[] | undefined;
  #name: string | undefined;
  #isScanned = false;
  readonly #version: number;
  #navigation: Navigation | undefined;

  /** Without a source it starts empty, and holds what is added. `version` is that of the file. */
  constructor(source?: EntrySource, version = CURRENT_SESSION_VERSION) {
    this.#source = source;
    this.#version = version;
    if (source === undefined) this.#entries = this.#adopted([]);
  }

  /** The entry that an append continues. Reads all entries. */
  get leafId(): string | undefined {
    const last = this.entries.at(-1)?.id;
    return this.#navigation ? this.#navigation.leafId : last;
  }

  /** True when the last entry is not the leaf for sure. */
  get isNavigated(): boolean {
    return this.#navigation !== undefined;
  }

  /** All of them; the same array as long as nothing is added. */
  get entries(): readonly SessionEntry[] {
    return (this.#entries ??= this.#parse());
  }

  get labels(): ReadonlyMap<string, Label> {
    this.#scan();
    return this.#labels;
  }

  /** What the session was named last, if that was a name. */
  get name(): string | undefined {
    this.#scan();
    return this.#name;
  }

  /** False only of an index that was read and has no such entry. */
  has(id: string): boolean {
    return this.#rows.has(id) || !(this.#isScanned || this.#entries);
  }

  get(id: string): SessionEntry | undefined {
    this.#scan();
    const row = this.#rows.get(id);
    if (row && !row.entry) this.#fill([row]);
    return this.#rows.get(id)?.entry;
  }

  childrenOf(parentId: string): SessionEntry[] {
    this.#scan();
    return this.#filled(() => [...this.#rows.values()].filter((row) => row.parentId === parentId));
  }

  /** From the root to `id`. Empty when there is no such entry; ends at a parent that is missing or seen before. */
  branch(id: string | null | undefined): SessionEntry[] {
    this.#scan();
    return this.#filled(() => this.#path(id));
  }

  /** An id that is there already is a line written twice (old writers did that); the first one stays. */
  add(entry: SessionEntry): void {
    // What is unread is read up to the end of the file, the new entry included.
    if (!this.#isScanned && !this.#entries) return;
    if (this.#rows.has(entry.id)) return;
    if (!this.#navigation && movesLeaf(entry)) {
      this.#entries = this.#adopted([...this.entries, entry]);
      return;
    }
    const placed = this.#navigation ? navigated(entry, this.#navigation) : entry;
    this.#entries?.push(placed);
    this.#keep(placed);
  }

  /** The rows that `select` finds, as entries. */
  #filled(select: () => Row[]): SessionEntry[] {
    const rows = select();
    const missing = rows.some((row) => !row.entry) ? rows.filter((row) => !row.entry) : [];
    const isWhole = missing.length === 0 || this.#fill(missing.sort(byPlace));
    const entries: SessionEntry[] = [];
    for (const { entry } of isWhole ? rows : select()) if (entry) entries.push(entry);
    // A control is on no branch: it stands for the entry that it makes the leaf.
    return this.#navigation ? entries.filter(({ type }) => type !== "leaf") : entries;
  }

  #path(id: string | null | undefined): Row[] {
    const rows: Row[] = [];
    let row = id == null ? undefined : this.#rows.get(id);
    for (; row && rows.length <= this.#rows.size; row = this.#parentOf(row)) rows.push(row);
    // Longer than all entries there are: a ring. It is walked once.
    return (row ? [...new Set(rows)] : rows).reverse();
  }

  #parentOf({ parent, parentId }: Row): Row | undefined {
    return parent ?? (parentId === null ? undefined : this.#rows.get(parentId));
  }

  /** False when a row turned out to be no entry, and every row was made anew. */
  #fill(rows: readonly Row[]): boolean {
    let at = 0;
    for (const entry of this.#source?.at(rows) ?? []) {
      const row = rows[at++];
      if (row && entry?.id === row.id) row.entry = entry;
      else {
        this.#entries = this.#parse();
        return false;
      }
    }
    return true;
  }

  #scan(): void {
    if (this.#isScanned || this.#entries) return;
    if (needsNavigation(this.#version)) {
      this.#entries = this.#parse();
      return;
    }
    for (const { id, parentId, offset, next, entry } of this.#source?.scan() ?? []) {
      // A torn line may have claimed the id of a whole one; and what moves the leaf moves parents.
      if (this.#rows.has(id) || (entry && movesLeaf(entry))) {
        this.#entries = this.#parse();
        return;
      }
      // Children share their parent's copy of its id.
      const parent = parentId === null ? undefined : this.#rows.get(parentId);
      this.#rows.set(id, { id, parentId: parent?.id ?? parentId, parent, offset, next, entry });
      if (entry) this.#note(entry);
    }
    this.#isScanned = true;
  }

  #parse(): SessionEntry[] {
    return this.#adopted([...(this.#source?.all() ?? [])]);
  }

  /** Makes these all entries there are. Those that were handed out before stay the objects they were, if they can. */
  #adopted(read: readonly SessionEntry[]): SessionEntry[] {
    const before = new Map(this.#rows);
    this.#rows.clear();
    this.#labels.clear();
    this.#name = undefined;
    const isMoved = needsNavigation(this.#version) || read.some(movesLeaf);
    this.#navigation = isMoved ? new Navigation(this.#version) : undefined;
    const entries: SessionEntry[] = [];
    for (const one of read) {
      if (this.#rows.has(one.id)) continue;
      const placed = this.#navigation ? navigated(one, this.#navigation) : one;
      const known = before.get(one.id)?.entry;
      const entry = known?.parentId === placed.parentId ? known : placed;
      entries.push(entry);
      this.#keep(entry);
    }
    return entries;
  }

  #keep(entry: SessionEntry): void {
    const { id, parentId } = entry;
    const parent = parentId === null ? undefined : this.#rows.get(parentId);
    this.#rows.set(id, { id, parentId, parent, offset: -1, next: -1, entry });
    this.#note(entry);
  }

  #note(entry: SessionEntry): void {
    if (entry.type === "session_info") this.#name = sessionNameIn(entry);
    if (entry.type !== "label") return;
    if (typeof entry.label === "string" && entry.label !== "")
      this.#labels.set(entry.targetId, { label: entry.label, timestamp: entry.timestamp });
    else this.#labels.delete(entry.targetId);
  }
}

function byPlace(a: Row, b: Row): number {
  return a.offset - b.offset;
}
