import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { ownFile } from "./files.ts";
import type { FileRef } from "./file-ref.ts";
import type { Machine } from "./machine.ts";
import { cellOf, definitionOf, isReassigned, type ScopeIndex } from "./resolve.ts";
import { isFunction, isIn, type FunctionNode, type Node, type Variable } from "./syntax.ts";
import type { World } from "./world.ts";

/** A variable that goes along a list, `node = next.parent`, would have one file more in each round. */
const maxProperties = 3;

/**
 * The file that a variable which is given several values names from here on. `undefined` if that is not known, or if it
 * may be another one before the variable is given its next value.
 */
export function assignedFile(
  machine: Machine,
  variable: Variable,
  target: Node,
  file: FileRef | undefined,
  source: Node | undefined,
): FileRef | undefined {
  if (!isFollowed(machine, variable)) return undefined;
  const isBegin =
    definitionOf(variable).kind === "parameter" && variable.identifiers.some((name) => name === target);
  if (isBegin) return file ?? ownFile(variable);
  const isOwnNext = variable.references.some(
    ({ identifier }) => source !== undefined && isIn(identifier, source),
  );
  return file !== undefined && !isOwnNext && isLasting(file, variable) ? file : undefined;
}

/** The world behind code that may run a function at any time: the variables that it writes may have any value. */
export function forgetAssigned(scope: ScopeIndex, node: FunctionNode, world: World): World {
  const written = scope
    .capturedBy(node)
    .filter(({ references }) => references.some((one) => one.isWrite() && isIn(one.identifier, node)));
  return forgetFiles(written, world);
}

/** The world in which a function runs later: what it reads may have got other values by then. */
export function forgetReassigned(scope: ScopeIndex, node: FunctionNode, world: World): World {
  return forgetFiles(scope.capturedBy(node), world);
}

/** The world in which nothing is known of the files that variables of several values name. */
export function forgetFiles(variables: readonly Variable[], world: World): World {
  const cells = variables.filter(isReassigned).map(cellOf);
  return world.leave(cells.filter((cell) => world.bindings.get(cell)?.kind === "unknown"));
}

const followed = new WeakMap<Variable, boolean>();

/**
 * True for a variable of a function that hands it on to others, as a file's name is, and that gets its values in that
 * function's own code or in callbacks which stand in it: where those run, we see.
 */
function isFollowed(machine: Machine, variable: Variable): boolean {
  const known = followed.get(variable);
  if (known !== undefined) return known;
  const { references, scope } = variable;
  const isSeen =
    isFunction(scope.variableScope.block) &&
    references.some((reference) => reference.isRead() && isHandedOn(reference.identifier)) &&
    references.every((reference) => !reference.isWrite() || isRunInPlace(machine, reference.from, variable));
  followed.set(variable, isSeen);
  return isSeen;
}

function isHandedOn({ parent }: Node): boolean {
  return (
    parent?.type === AST_NODE_TYPES.CallExpression ||
    parent?.type === AST_NODE_TYPES.Property ||
    parent?.type === AST_NODE_TYPES.TemplateLiteral
  );
}

function isRunInPlace(machine: Machine, from: Variable["scope"], { scope }: Variable): boolean {
  for (let at = from.variableScope; at !== scope.variableScope;) {
    const { block, upper } = at;
    if (
      !isFunction(block) ||
      block.parent.type !== AST_NODE_TYPES.CallExpression ||
      !machine.isRelevant(block)
    )
      return false;
    if (upper === null) return false;
    at = upper.variableScope;
  }
  return true;
}

/** True if what the file is read from keeps its value for as long as the variable lives. */
function isLasting(file: FileRef | undefined, variable: Variable): boolean {
  switch (file?.kind) {
    case undefined:
      return false;
    case "path":
      return file.properties.length <= maxProperties && !isInside(file.root, variable);
    case "text":
      return file.parts.every((part) => typeof part === "string" || isLasting(part, variable));
    case "call":
      return file.inputs.length > 0 && file.inputs.every((input) => isLasting(input, variable));
  }
}

/** True for a variable that ends before the other one: there is one in each round of a loop, or in each call. */
function isInside(root: string, { scope }: Variable): boolean {
  const [name = "", at] = root.split("@");
  if (at === undefined) return false;
  const [start, end] = scope.block.range;
  const isWithin = Number(at) >= start && Number(at) < end;
  const own = scope.set.get(name);
  return isWithin && (own === undefined || cellOf(own) !== root);
}
