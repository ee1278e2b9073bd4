import type { Node } from "./syntax.ts";

/** Line and column as an editor shows them. */
export function place(node: Node): string {
  return `${node.loc.start.line}:${node.loc.start.column + 1}`;
}
