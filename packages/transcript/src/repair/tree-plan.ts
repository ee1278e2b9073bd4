import { hash } from "node:crypto";
import type { ByteSource } from "../file/lines.ts";
import { rejectDraft } from "./header-plan.ts";
import { isBlankDraft } from "./line-plan.ts";
import type { Draft, Plan } from "./plan.ts";

/** The marker that takes the place of an entry that is not there. */
const STAND_IN = "session-lock.lost";

/**
 * The third stage: every entry has an id of its own and a parent that stands before it.
 *
 * A missing parent is replaced by a marker entry of the same id, so that the lines of its children stay as they are.
 */
export function planTree(plan: Plan, source: ByteSource): void {
  const [header, ...drafts] = plan.drafts;
  const stage = new TreeStage(plan, drafts, source);
  const placed = drafts.flatMap((draft) => (isBlankDraft(draft) ? [draft] : stage.place(draft)));
  plan.drafts = header ? [header, ...placed] : placed;
}

class TreeStage {
  readonly #plan: Plan;
  readonly #source: ByteSource;
  /** Ids of the whole file, and those given out. */
  readonly #ids: Set<string>;
  /** Entries that have their place. */
  readonly #placed = new Map<string, Draft>();
  readonly #renamed = new Map<string, string>();
  #last: string | null = null;

  constructor(plan: Plan, drafts: readonly Draft[], source: ByteSource) {
    this.#plan = plan;
    this.#source = source;
    this.#ids = new Set(drafts.map(({ id }) => id).filter((id) => id !== undefined));
  }

  /** The draft with what has to come before it; nothing when it is a copy. */
  place(draft: Draft): Draft[] {
    const twin = draft.id === undefined ? undefined : this.#placed.get(draft.id);
    if (twin && (draft.isSalvaged || this.#isCopy(draft, twin))) {
      rejectDraft(draft, this.#plan.rejects);
      this.#step(draft, "T1", "reject", "a copy of an earlier entry goes to the .rej file");
      return [];
    }
    const before = this.#placeParent(draft);
    const id = draft.id === undefined || twin ? this.#newId(draft) : draft.id;
    draft.id = id;
    this.#placed.set(id, draft);
    this.#last = id;
    return [...before, draft];
  }

  #newId(draft: Draft): string {
    const old = draft.id;
    let id: string;
    let attempt = 0;
    do {
      id = hash("sha256", `${draft.line}:${attempt}:${old ?? ""}`, "hex").slice(0, 8);
      attempt += 1;
    } while (this.#ids.has(id));
    this.#ids.add(id);
    if (old !== undefined) this.#renamed.set(old, id);
    draft.edits.set("id", JSON.stringify(id));
    this.#step(
      draft,
      "T1",
      "set-id",
      old === undefined ? `it gets the id ${id}` : `${old} is taken; it gets the id ${id}`,
    );
    return id;
  }

  #placeParent(draft: Draft): Draft[] {
    const { parentId } = draft;
    // In version 4 an entry may name no parent: it continues the leaf.
    if (parentId === null || (parentId === undefined && this.#plan.format === 4)) return [];
    const known = typeof parentId === "string" ? (this.#renamed.get(parentId) ?? parentId) : "";
    if (this.#placed.has(known)) {
      if (known !== parentId) this.#setParent(draft, known, "T1");
      return [];
    }
    if (known !== "" && !this.#ids.has(known)) return [this.#standIn(known, draft)];
    this.#setParent(draft, this.#last, "T2");
    return [];
  }

  #setParent(draft: Draft, parentId: string | null, code: "T1" | "T2"): void {
    draft.parentId = parentId;
    draft.edits.set("parentId", JSON.stringify(parentId));
    this.#step(draft, code, "set-parent", `it hangs below ${parentId ?? "no entry"} now`);
  }

  /** The id stays taken and the children keep their bytes; what the parent was is in the .rej file, if anywhere. */
  #standIn(id: string, orphan: Draft): Draft {
    const recovered = this.#plan.lost.get(id);
    const isKnown = recovered === null || (recovered !== undefined && this.#placed.has(recovered));
    const parentId = isKnown ? recovered : this.#last;
    const timestamp = orphan.timestamp ?? new Date(0).toISOString();
    const data = { reason: "the entry of this id was lost" };
    const standIn: Draft = {
      ...orphan,
      from: { text: JSON.stringify({ type: "custom", customType: STAND_IN, data, id, parentId, timestamp }) },
      isSalvaged: true,
      type: "custom",
      id,
      parentId,
      turn: undefined,
      moving: undefined,
      edits: new Map(),
    };
    this.#ids.add(id);
    this.#placed.set(id, standIn);
    this.#step(orphan, "T5", "stand-in", `a marker takes the place of its parent ${id}`);
    return standIn;
  }

  #isCopy(draft: Draft, twin: Draft): boolean {
    return this.#bytesOf(draft).equals(this.#bytesOf(twin));
  }

  #bytesOf({ from }: Draft): Buffer {
    return "text" in from
      ? Buffer.from(from.text)
      : this.#source.read(from.offset, from.offset + from.length);
  }

  #step(
    draft: Draft,
    code: "T1" | "T2" | "T5",
    action: Plan["steps"][number]["action"],
    message: string,
  ): void {
    const named = draft.id === undefined ? {} : { entryId: draft.id };
    this.#plan.steps.push({ code, action, line: draft.line, ...named, message });
  }
}
