import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { cellOf, type ScopeIndex } from "./resolve.ts";
import { isFunction, type Node, type Variable } from "./syntax.ts";
import type { World } from "./world.ts";

/** The cells that no statement of a block uses behind the one they stand by. */
type LastUses = ReadonlyMap<Node, readonly string[]>;

const none: LastUses = new Map();
const known = new WeakMap<Node, LastUses>();

/**
 * By the statements of a block, the variables whose last use they are: what is known of one is of no use behind it, and
 * two ways that differ in nothing else are one.
 */
export function lastUsesIn(scope: ScopeIndex, block: Node): LastUses {
  if (block.type !== AST_NODE_TYPES.BlockStatement) return none;
  const found = known.get(block) ?? findLastUses(scope, block);
  known.set(block, found);
  return found;
}

/** The world without the variables that are not used any more; of a promise somebody may ask where it was awaited. */
export function forget(world: World, cells: readonly string[]): World {
  return world.leave(cells.filter((cell) => world.bindings.get(cell)?.kind !== "promise"));
}

function findLastUses(scope: ScopeIndex, block: TSESTree.BlockStatement): LastUses {
  const { parent } = block;
  const owner = isFunction(parent) && parent.body === block ? parent : block;
  const lastUses = new Map<Node, string[]>();
  for (const variable of scope.localVariablesOf(owner)) {
    const last = lastUseOf(variable);
    const statement = block.body.find(({ range }) => range[0] <= last && last < range[1]);
    if (statement === undefined || isResource(variable)) continue;
    const cells = lastUses.get(statement);
    if (cells === undefined) lastUses.set(statement, [cellOf(variable)]);
    else cells.push(cellOf(variable));
  }
  return lastUses;
}

function lastUseOf({ identifiers, references }: Variable): number {
  const uses = [...identifiers, ...references.map(({ identifier }) => identifier)];
  return Math.max(...uses.map(({ range }) => range[0]));
}

/** What a `using` declares is used once more, where its block ends. */
function isResource({ defs }: Variable): boolean {
  return defs.some(
    ({ parent }) =>
      parent?.type === AST_NODE_TYPES.VariableDeclaration &&
      (parent.kind === "using" || parent.kind === "await using"),
  );
}
