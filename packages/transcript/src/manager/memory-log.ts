import type { EntryDraft } from "../append/draft.ts";
import type { SessionEntry, SessionHeader } from "../entry.ts";
import type { EntryLog } from "./guarded-log.ts";
import { draftInterrupted } from "../append/interrupted.ts";
import { placeEntry } from "../append/place-entry.ts";
import type { PlacedEntry } from "../append/place-entry.ts";
import { SessionIndex } from "../file/session-index.ts";
import { ToolGroup } from "../append/tool-group.ts";

/** A session that lives and ends with the process. */
export class MemoryLog implements EntryLog {
  readonly file = undefined;
  readonly isOnDisk = false;
  readonly header: SessionHeader;
  readonly #index = new SessionIndex();

  constructor(header: SessionHeader, entries: readonly SessionEntry[] = []) {
    this.header = header;
    for (const entry of entries) this.#index.add(entry);
  }

  get leafId(): string | undefined {
    return this.#index.leafId;
  }

  index(): SessionIndex {
    return this.#index;
  }

  /** Nobody else can append. */
  refresh(): void {
    return;
  }

  append(draft: EntryDraft, parentId: string | null = this.leafId ?? null): PlacedEntry {
    const placed = placeEntry(draft, parentId);
    this.#index.add(placed.entry);
    return placed;
  }

  /** In memory nothing waits for the results of a call, as in pi; they can be missing all the same. */
  closeToolCalls(): PlacedEntry[] {
    const { unanswered } = ToolGroup.of(this.#index.branch(this.leafId));
    return unanswered.map((call) => this.append(draftInterrupted(call)));
  }
}
