import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { discardDraft } from "./claim-draft.ts";
import type { Draft } from "./claim-draft.ts";
import type { WakeSource } from "./waking.ts";

/** One process's place in the queue for a lock folder: its mark, and an ear for the call that its turn has come. */
export class QueuePlace {
  readonly draft: Draft;
  readonly #watcher: FSWatcher | undefined;
  #wake: (() => void) | undefined;
  #wasCalled = false;

  constructor(draft: Draft) {
    this.draft = draft;
    this.#watcher = watchMark(draft.file, () => this.call());
  }

  /** Ends the wait for our turn: the one that is going on, or the next. */
  call(): void {
    if (this.#wake === undefined) this.#wasCalled = true;
    else this.#wake();
  }

  readonly onCall: WakeSource = (wake) => {
    const early = this.#wasCalled ? setImmediate(wake) : undefined;
    this.#wasCalled = false;
    this.#wake = wake;
    return () => {
      clearImmediate(early);
      this.#wake = undefined;
    };
  };

  /** The draft was published, and is the owner's record now. */
  used(): void {
    this.#watcher?.close();
  }

  leave(): void {
    this.#watcher?.close();
    discardDraft(this.draft);
  }
}

/** Marks change in one way only: who has left the lock touches the first of them, or removes what is no use any more. */
function watchMark(file: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(file, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined; // gone already, or out of watches: its owner looks again after a while in any case
  }
}
