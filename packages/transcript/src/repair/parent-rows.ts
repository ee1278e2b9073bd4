import { Navigation } from "../file/navigation.ts";
import type { Plan } from "./plan.ts";

/** For each draft the row of its parent as readers take it, -1 for none; and the rows of the ids. */
export function parentRows({ drafts, format }: Plan): {
  readonly rowOf: ReadonlyMap<string, number>;
  readonly parents: readonly number[];
} {
  const rowOf = new Map<string, number>();
  drafts.forEach(({ id, type }, row) => {
    if (id !== undefined && type !== "session") rowOf.set(id, row);
  });
  const isMoved = format === 4 || drafts.some(({ moving }) => moving !== undefined);
  const navigation = isMoved ? new Navigation(format === 4 ? 4 : 3) : undefined;
  const parents = drafts.map(({ id, type, parentId, moving }) => {
    if (id === undefined || type === "session") return -1;
    const named = typeof parentId === "string" || parentId === null ? { parentId } : {};
    const due = navigation ? navigation.take({ type, id, ...named, ...moving }) : named.parentId;
    return due === null || due === undefined ? -1 : (rowOf.get(due) ?? -1);
  });
  return { rowOf, parents };
}
