import type { SessionEntry } from "../entry.ts";
import type { SessionTreeNode } from "../tree.ts";

/** One row of a drawn tree. */
export interface TreeRow {
  /** The lines left of the entry. */
  readonly lines: string;
  readonly entry: SessionEntry;
  readonly label: string | undefined;
  readonly isOnBranch: boolean;
}

interface Pending {
  readonly node: SessionTreeNode;
  /** Left of the node itself, and of what hangs below it. */
  readonly lines: string;
  readonly linesBelow: string;
}

/**
 * The rows of a tree, from the roots down. At a fork the children that were left are drawn aside, each with all that hangs
 * below it; then the active branch (or the newest child) goes on straight down. A chain takes one column however long.
 */
export function* drawTree(
  roots: readonly SessionTreeNode[],
  active: ReadonlySet<string>,
): Generator<TreeRow> {
  const stack = below(roots, "", active);
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { entry, label, children } = next.node;
    yield { lines: next.lines, entry, label, isOnBranch: active.has(entry.id) };
    // One by one: a call takes only so many arguments.
    for (const pending of below(children, next.linesBelow, active)) stack.push(pending);
  }
}

/** What is drawn first comes last. */
function below(nodes: readonly SessionTreeNode[], lines: string, active: ReadonlySet<string>): Pending[] {
  const straight = nodes.find(({ entry }) => active.has(entry.id)) ?? nodes.at(-1);
  if (straight === undefined) return [];
  const aside = nodes.filter((node) => node !== straight);
  const pending = aside.map((node) => ({ node, lines: `${lines}├─ `, linesBelow: `${lines}│  ` }));
  return [...pending, { node: straight, lines, linesBelow: lines }].reverse();
}
