import { millisecondsOf } from "./context/message-time.ts";
import type { SessionEntry } from "./entry.ts";
import type { Label } from "./file/session-index.ts";

/** An entry with what hangs below it. */
export interface SessionTreeNode {
  readonly entry: SessionEntry;
  /** Oldest first. */
  readonly children: SessionTreeNode[];
  readonly label?: string;
  readonly labelTimestamp?: string;
}

/** What a tree is made of. */
export interface TreeSource {
  readonly entries: readonly SessionEntry[];
  readonly labels: ReadonlyMap<string, Label>;
}

/** The roots of a session's tree: entries without a parent, and those whose parent is missing. */
export function treeOf(index: TreeSource): SessionTreeNode[] {
  const nodes = new Map<string, SessionTreeNode>();
  for (const entry of index.entries) nodes.set(entry.id, nodeOf(entry, index));
  const roots: SessionTreeNode[] = [];
  for (const node of nodes.values()) {
    const { id, parentId } = node.entry;
    const parent = parentId === null || parentId === id ? undefined : nodes.get(parentId);
    (parent?.children ?? roots).push(node);
  }
  cutRings(nodes, roots);
  for (const node of nodes.values()) node.children.sort(byTimestamp);
  return roots;
}

/** Where parents lead round in a ring, its first entry in the file becomes a root, or nobody would see any of them. */
function cutRings(nodes: ReadonlyMap<string, SessionTreeNode>, roots: SessionTreeNode[]): void {
  const reached = new Set<SessionTreeNode>();
  const reach = (from: readonly SessionTreeNode[]) => {
    const due = [...from];
    for (let node = due.pop(); node; node = due.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      // One by one: a call takes only so many arguments.
      for (const child of node.children) due.push(child);
    }
  };
  reach(roots);
  for (const node of reached.size === nodes.size ? [] : nodes.values()) {
    if (reached.has(node) || !isInRing(node, nodes)) continue;
    const siblings = nodes.get(node.entry.parentId ?? "")?.children;
    siblings?.splice(siblings.indexOf(node), 1);
    roots.push(node);
    reach([node]);
  }
}

function isInRing(node: SessionTreeNode, nodes: ReadonlyMap<string, SessionTreeNode>): boolean {
  const seen = new Set<SessionTreeNode>();
  let at: SessionTreeNode | undefined = node;
  do {
    seen.add(at);
    at = nodes.get(at.entry.parentId ?? "");
  } while (at !== undefined && !seen.has(at));
  return at === node;
}

function nodeOf(entry: SessionEntry, index: TreeSource): SessionTreeNode {
  const label = index.labels.get(entry.id);
  return { entry, children: [], ...(label && { label: label.label, labelTimestamp: label.timestamp }) };
}

function byTimestamp(a: SessionTreeNode, b: SessionTreeNode): number {
  return millisecondsOf(a.entry.timestamp) - millisecondsOf(b.entry.timestamp);
}
