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
  const callers = new Map<FunctionNode, Callers>();
  for (const write of writes) functionsAround(write).forEach(collectCallers);
  for (let isGrowing = true; isGrowing;) {
    const found = [...callers].filter(([owner, called]) => !sees.has(owner) && isCalledBySeer(called));
    for (const [owner] of found) sees.add(owner);
    isGrowing = found.length > 0;
  }
  return writes.filter((write) => {
    const around = functionsAround(write);
    return around.length === 0 || around.some((owner) => sees.has(owner));
  });

  function collectCallers(owner: FunctionNode): void {
    if (callers.has(owner)) return;
    const called = callersOf(tree, scope, owner);
    callers.set(owner, called);
    if (called !== "anybody") called.forEach(collectCallers);
  }

  function isCalledBySeer(called: Callers): boolean {
    return called === "anybody" || called.some((owner) => sees.has(owner));
  }
}

/** The functions that may call one; `anybody` if the module itself does, or if it cannot be told. */
type Callers = readonly FunctionNode[] | "anybody";

function callersOf(tree: Tree, scope: ScopeIndex, owner: FunctionNode): Callers {
  const { parent } = owner;
  switch (parent.type) {
    case AST_NODE_TYPES.CallExpression:
    case AST_NODE_TYPES.NewExpression:
      return around([parent]);
    case AST_NODE_TYPES.MethodDefinition:
    case AST_NODE_TYPES.PropertyDefinition:
    case AST_NODE_TYPES.Property: {
      const name = staticName(parent.key, parent.computed)?.replace("#", "");
      if (name === undefined || name === "constructor" || owner.id !== null) return "anybody";
      return aroundWord(tree, scope, name, parent.key);
    }
    default:
      return callersByName(scope, owner);
  }
}

function callersByName(scope: ScopeIndex, owner: FunctionNode): Callers {
  const name =
    owner.type === AST_NODE_TYPES.FunctionExpression && owner.id !== null ? undefined : nameOf(owner);
  const variable = name === undefined ? undefined : scope.variableOf(name);
  const uses = variable?.references
    .map(({ identifier }) => identifier)
    .filter((use) => use !== name && !isExport(use));
  return uses?.every(isCallee) === true ? around(uses) : "anybody";
}

function around(places: readonly Node[]): Callers {
  const found = new Set<FunctionNode>();
  for (const place of places) {
    const functions = functionsAround(place);
    if (functions.length === 0) return "anybody";
    for (const owner of functions) found.add(owner);
  }
  return [...found];
}

/** What is said of a method's name, by text alone: whatever stands there may call it. */
function aroundWord(tree: Tree, scope: ScopeIndex, word: string, key: Node): Callers {
  const found = new Set<FunctionNode>();
  for (const { index } of tree.text.matchAll(
    new RegExp(`(?<![\\w$])${word.replace(/\W/g, "\\$&")}(?![\\w$])`, "g"),
  )) {
    if (index >= key.range[0] && index < key.range[1]) continue;
    const owner = scope.functionAt(index);
    if (owner === undefined) {
      // Between functions stand the names of methods, and comments; a module's own code reads members and patterns.
      if (/[.{,[("'`]$/.test(tree.text.slice(Math.max(0, index - 40), index).trimEnd())) return "anybody";
      continue;
    }
    found.add(owner);
    for (const outer of functionsAround(owner)) found.add(outer);
  }
  return [...found];
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
