import type { InvariantCode } from "../validate/codes.ts";

/** One thing that a context has differently from the entries it was made of. */
export interface ContextChange {
  /** The rule that asked for it. */
  readonly code: InvariantCode;
  readonly action: "dropped" | "changed" | "moved" | "added" | "merged";
  /** The entry concerned; absent for what no entry stands for. */
  readonly entryId?: string;
  readonly message: string;
}

/** Collects the changes of one projection, in the order of the messages. */
export class ChangeLog {
  readonly #changes: ContextChange[] = [];

  get changes(): readonly ContextChange[] {
    return this.#changes;
  }

  add(
    code: InvariantCode,
    action: ContextChange["action"],
    entryId: string | undefined,
    message: string,
  ): void {
    this.#changes.push({ code, action, ...(entryId === undefined ? {} : { entryId }), message });
  }
}
