import { Bell } from "./bell.ts";
import { discardDraft } from "./claim-draft.ts";
import type { Draft } from "./claim-draft.ts";

/**
 * One process's place in the queue for a lock folder: its mark. Marks change in one way only: who has left the lock touches
 * the first of them, or removes what is no use any more.
 */
export class QueuePlace {
  readonly draft: Draft;
  readonly bell: Bell;

  constructor(draft: Draft) {
    this.draft = draft;
    this.bell = new Bell(draft.file);
  }

  /** The draft was published, and is the owner's record now. */
  used(): void {
    this.bell.close();
  }

  leave(): void {
    this.bell.close();
    discardDraft(this.draft);
  }
}
