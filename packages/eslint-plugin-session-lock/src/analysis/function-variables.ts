import { cellOf, isLocal, type ScopeIndex } from "./resolve.ts";
import { isIn, type FunctionNode, type Node } from "./syntax.ts";
import { partsOf, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** The cells of the variables of a function, its blocks included. */
interface FunctionCells {
  /** Those that no function inside it uses. */
  readonly own: ReadonlySet<string>;
  /** Those that some function inside it uses. */
  readonly shared: readonly string[];
}

const known = new WeakMap<Node, FunctionCells>();

function cellsOf(scope: ScopeIndex, owner: Node): FunctionCells {
  const before = known.get(owner);
  if (before !== undefined) return before;
  const variables = scope.variablesIn(owner);
  const cells = {
    own: new Set(variables.filter(isLocal).map(cellOf)),
    shared: variables.filter((variable) => !isLocal(variable)).map(cellOf),
  };
  known.set(owner, cells);
  return cells;
}

/** The cells that only the function's own code sees. */
export function ownCellsOf(scope: ScopeIndex, owner: Node): ReadonlySet<string> {
  return cellsOf(scope, owner).own;
}

/** The world behind a function that has ended with a value: its variables live on where code that uses them does. */
export function leaveShared(scope: ScopeIndex, owner: FunctionNode, world: World, value: Value): World {
  const { shared } = cellsOf(scope, owner);
  if (!shared.some((cell) => world.bindings.has(cell))) return world;
  const isReached = [value, ...world.bindings.values].some((one) =>
    partsOf(one).some((part) => isCodeIn(part, owner)),
  );
  return isReached ? world : world.leave(shared);
}

function isCodeIn(value: Value, owner: FunctionNode): boolean {
  if (value.kind === "generator") return isCodeIn(value.call.callee, owner);
  if (value.kind === "function" && value.isIdle === true) return false;
  const isCode = value.kind === "function" || value.kind === "class" || value.kind === "instance";
  return isCode && isIn(value.node, owner);
}
