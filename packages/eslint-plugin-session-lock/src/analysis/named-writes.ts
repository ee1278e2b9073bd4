import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { fileNameHints } from "./mentions.ts";
import { nameOf, reachFrom } from "./reach.ts";
import type { ScopeIndex } from "./resolve.ts";
import { functionsAround, staticName, type FunctionNode, type Node } from "./syntax.ts";
import { findLeaves, type Tree } from "./words.ts";

/**
 * Of the places that name a function of the file system, those that a value can get to which is called like a session
 * file: by the name of a variable or property, or by the ending of a text.
 *
 * A write is kept if the code around it sees such a value, or if code that does may call the code around it. What
 * cannot be told is kept as well.
 */
export function findNamedWrites(
  tree: Tree,
  scope: ScopeIndex,
  fileNames: readonly string[],
  writes: readonly Node[],
): readonly Node[] {
  if (writes.length === 0) return writes;
  const hints = findLeaves(tree, fileNameHints(fileNames));
  if (hints.length === 0) return [];
  const { functions: sees } = reachFrom(tree, scope, hints, () => false);
  const callers = new Map<FunctionNode, readonly Node[] | undefined>();
  for (const write of writes) functionsAround(write).forEach(collectCallers);
  for (let isGrowing = true; isGrowing;) {
    const found = [...callers.keys()].filter((owner) => !sees.has(owner) && isCalledBySeer(owner));
    for (const owner of found) sees.add(owner);
    isGrowing = found.length > 0;
  }
  return writes.filter(isSeeing);

  function collectCallers(owner: FunctionNode): void {
    if (callers.has(owner)) return;
    const places = callersOf(tree, scope, owner);
    callers.set(owner, places);
    for (const place of places ?? []) functionsAround(place).forEach(collectCallers);
  }

  function isCalledBySeer(owner: FunctionNode): boolean {
    const places = callers.get(owner);
    return places === undefined || places.some(isSeeing);
  }

  function isSeeing(place: Node): boolean {
    const around = functionsAround(place);
    return around.length === 0 || around.some((owner) => sees.has(owner));
  }
}

/** The places that may call the function; `undefined` if others can, too. */
function callersOf(tree: Tree, scope: ScopeIndex, owner: FunctionNode): readonly Node[] | undefined {
  const { parent } = owner;
  switch (parent.type) {
    case AST_NODE_TYPES.CallExpression:
    case AST_NODE_TYPES.NewExpression:
      return [parent];
    case AST_NODE_TYPES.MethodDefinition:
    case AST_NODE_TYPES.PropertyDefinition:
    case AST_NODE_TYPES.Property: {
      const name = staticName(parent.key, parent.computed)?.replace("#", "");
      if (name === undefined || name === "constructor" || owner.id !== null) return undefined;
      return findLeaves(tree, [name]).filter((leaf) => leaf !== parent.key);
    }
    default:
      return callersByName(scope, owner);
  }
}

function callersByName(scope: ScopeIndex, owner: FunctionNode): readonly Node[] | undefined {
  const name =
    owner.type === AST_NODE_TYPES.FunctionExpression && owner.id !== null ? undefined : nameOf(owner);
  const variable = name === undefined ? undefined : scope.variableOf(name);
  const uses = variable?.references
    .map(({ identifier }) => identifier)
    .filter((use) => use !== name && !isExport(use));
  return uses?.every(isCallee) === true ? uses : undefined;
}

function isExport({ parent }: Node): boolean {
  return (
    parent?.type === AST_NODE_TYPES.ExportSpecifier ||
    parent?.type === AST_NODE_TYPES.ExportDefaultDeclaration
  );
}

function isCallee(node: Node): boolean {
  const { parent } = node;
  return parent?.type === AST_NODE_TYPES.CallExpression && parent.callee === node;
}
