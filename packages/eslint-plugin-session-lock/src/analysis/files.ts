import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { callLike, joinText, type FileRef } from "./file-ref.ts";
import type { Machine } from "./machine.ts";
import { cellOf, definitionOf, isReassigned, textOfConstant } from "./resolve.ts";
import { staticName, sumOperands, unwrap, type Node, type Variable } from "./syntax.ts";
import type { Value } from "./values.ts";
import type { World } from "./world.ts";

/** The file that a value names. */
export function fileOfValue(value: Value | undefined): FileRef | undefined {
  return value?.kind === "unknown" || value?.kind === "object" ? value.file : undefined;
}

/** The file that an expression names: what its value says, else what its text says. */
export function fileOf(machine: Machine, node: Node, value: Value, world: World): FileRef | undefined {
  const known = fileOfValue(value);
  if (known !== undefined) return known;
  const inner = unwrap(node);
  if (inner.type === AST_NODE_TYPES.AwaitExpression) return fileOf(machine, inner.argument, value, world);
  return inner.type === AST_NODE_TYPES.CallExpression || isUrl(machine, inner)
    ? callFile(machine, inner, world)
    : undefined;
}

/** `new URL(file, base)`. */
function isUrl(machine: Machine, node: Node): node is TSESTree.NewExpression {
  if (node.type !== AST_NODE_TYPES.NewExpression || node.callee.type !== AST_NODE_TYPES.Identifier)
    return false;
  return node.callee.name === "URL" && machine.scope.variableOf(node.callee) === undefined;
}

/** What a call computes, read from its text. */
function callFile(
  machine: Machine,
  node: TSESTree.CallExpression | TSESTree.NewExpression,
  world: World,
  depth = 0,
): FileRef | undefined {
  const callee = readPath(machine, node.callee);
  if (callee === undefined) return undefined;
  return {
    kind: "call",
    callee,
    inputs: node.arguments.map((argument) => readFile(machine, argument, world, depth)),
  };
}

/** A variable that nothing told us about is its own file, unless it is given other values. */
export function variableFile(variable: Variable): FileRef | undefined {
  return isReassigned(variable) ? undefined : ownFile(variable);
}

/** The file that a variable names from its beginning. */
export function ownFile(variable: Variable): FileRef {
  return {
    kind: "path",
    root: cellOf(variable),
    properties: [],
    given: definitionOf(variable).kind === "parameter",
  };
}

/** Reads a file from the text, without running anything; the world says what a variable of several values names. */
function readFile(machine: Machine, node: Node, world: World, depth = 0): FileRef | undefined {
  const inner = unwrap(node);
  switch (inner.type) {
    case AST_NODE_TYPES.Literal:
      return typeof inner.value === "string" || typeof inner.value === "number"
        ? { kind: "text", parts: [String(inner.value)] }
        : undefined;
    case AST_NODE_TYPES.Identifier: {
      const variable = machine.scope.variableOf(inner);
      const text = textOfConstant(machine.scope, inner, depth);
      const file = text === undefined ? undefined : readFile(machine, text, world, depth + 1);
      if (file !== undefined) return callLike(file, inner.name, machine.vocabulary.fileNames);
      if (variable === undefined) return undefined;
      return variableFile(variable) ?? fileOfValue(world.bindings.get(cellOf(variable)));
    }
    case AST_NODE_TYPES.CallExpression:
      return callFile(machine, inner, world, depth);
    case AST_NODE_TYPES.NewExpression:
      return isUrl(machine, inner) ? callFile(machine, inner, world, depth) : undefined;
    case AST_NODE_TYPES.MemberExpression: {
      const name = staticName(inner.property, inner.computed);
      const base = readFile(machine, inner.object, world, depth);
      if (name === undefined || base?.kind !== "path") return undefined;
      return { ...base, properties: [...base.properties, name] };
    }
    case AST_NODE_TYPES.TemplateLiteral:
      return joinText(
        inner.quasis.flatMap((quasi, index) => {
          const hole = inner.expressions[index];
          return [
            quasi.value.cooked ?? quasi.value.raw,
            ...(hole === undefined ? [] : [readPart(machine, hole, world, depth)]),
          ];
        }),
      );
    case AST_NODE_TYPES.BinaryExpression: {
      if (inner.operator !== "+") return undefined;
      const parts = sumOperands(inner).map((operand) => readPart(machine, operand, world, depth));
      const isText = parts.some(({ kind }) => kind === "text");
      return isText ? joinText(parts) : undefined;
    }
    default:
      return undefined;
  }
}

function readPart(machine: Machine, node: Node, world: World, depth: number): FileRef {
  return readFile(machine, node, world, depth) ?? { kind: "call", callee: machine.textOf(node), inputs: [] };
}

function readPath(machine: Machine, node: Node): string | undefined {
  const inner = unwrap(node);
  if (inner.type === AST_NODE_TYPES.ThisExpression) return "this";
  if (inner.type === AST_NODE_TYPES.Identifier) {
    const variable = machine.scope.variableOf(inner);
    return variable === undefined ? inner.name : cellOf(variable);
  }
  if (inner.type !== AST_NODE_TYPES.MemberExpression) return undefined;
  const object = readPath(machine, inner.object);
  const name = staticName(inner.property, inner.computed);
  return object === undefined || name === undefined ? undefined : `${object}.${name}`;
}
