import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { assertedBy } from "./assertions.ts";
import { isIdleFunction, readVariable } from "./atoms.ts";
import { immediateMethods, isBuiltin } from "./builtins.ts";
import type { Machine } from "./machine.ts";
import { readMember } from "./members.ts";
import { neverReturns } from "./no-return.ts";
import { staticName, type FunctionNode, type Node } from "./syntax.ts";
import { readType } from "./typed.ts";
import { unknown, type Value } from "./values.ts";
import { methodWords } from "./vocabulary.ts";
import { forEachChild } from "./words.ts";
import type { World } from "./world.ts";

/** The names in a call, with the properties that are read of them, if only they say whether it has to do with locks. */
interface Names {
  readonly called: readonly Node[];
  readonly others: readonly Node[];
  /** True if it is handed functions, none of which has to do with locks. */
  hasCallbacks: boolean;
}

/** A call that is made of more calls than this is not looked through: each of them would be again, for itself. */
const maxCalls = 50;

const known = new WeakMap<Machine, Map<Node, Names | undefined>>();

/**
 * True for a call that can do nothing but throw: of code we do not see, with values in which there is no lock, no manager
 * and no code. Most calls of a long function are such, and what they are made of need not be evaluated.
 */
export function isQuiet(machine: Machine, node: TSESTree.CallExpression, world: World): boolean {
  // Whoever wants to know more of a call wants to know it of each.
  if (machine.facts !== undefined || machine.types !== undefined) return false;
  let found = known.get(machine);
  if (found === undefined) known.set(machine, (found = new Map<Node, Names | undefined>()));
  if (!found.has(node)) found.set(node, namesIn(machine, node));
  const names = found.get(node);
  // Under a lock somebody asks whether a function is slow.
  if (names === undefined || (names.hasCallbacks && world.held.length > 0)) return false;
  return (
    names.called.every((name) => isUnseen(machine, readPath(machine, name, world), world)) &&
    names.others.every((name) => isSilent(readPath(machine, name, world)))
  );
}

/** What a name or a path stands for; `undefined` if something on the way is more than a value to read. */
function readPath(machine: Machine, node: Node, world: World): Value | undefined {
  if (node.type === AST_NODE_TYPES.Identifier) return readVariable(machine, node, world);
  if (node.type !== AST_NODE_TYPES.MemberExpression) return unknown;
  const object = readPath(machine, node.object, world);
  if (object === undefined || (object.kind !== "module" && !isSilent(object))) return undefined;
  return readMember(machine, object, staticName(node.property, node.computed), node.property, world);
}

/** What does nothing that the analysis knows of when it is called. */
function isUnseen(machine: Machine, value: Value | undefined, world: World): boolean {
  switch (value?.kind) {
    case "global":
      return !isBuiltin(machine, value.name) && !endsWays(machine, value);
    case "method":
      return value.receiver.kind === "list" && isSilent(value.receiver) && !immediateMethods.has(value.name);
    case "function":
      return world.held.length === 0 && isIdleFunction(machine, value.node) && !endsWays(machine, value);
    default:
      return isSilent(value);
  }
}

/** On some ways, or on all, nothing runs behind a call of it. */
function endsWays(machine: Machine, value: Value): boolean {
  return neverReturns(value) || assertedBy(machine, value) !== undefined;
}

function isSilent(value: Value | undefined): boolean {
  switch (value?.kind) {
    case "unknown":
    case "boolean":
    case "global":
      return true;
    case "list":
      return value.items.every(isSilent);
    case "object":
      return [...value.fields.values()].every(isSilent);
    default:
      return false;
  }
}

/** What is made of its parts alone. */
const compounds: ReadonlySet<AST_NODE_TYPES> = new Set([
  AST_NODE_TYPES.ArrayExpression,
  AST_NODE_TYPES.BinaryExpression,
  AST_NODE_TYPES.ChainExpression,
  AST_NODE_TYPES.ConditionalExpression,
  AST_NODE_TYPES.Literal,
  AST_NODE_TYPES.LogicalExpression,
  AST_NODE_TYPES.ObjectExpression,
  AST_NODE_TYPES.SpreadElement,
  AST_NODE_TYPES.TemplateElement,
  AST_NODE_TYPES.TemplateLiteral,
  AST_NODE_TYPES.TSNonNullExpression,
  AST_NODE_TYPES.UnaryExpression,
]);

function namesIn(machine: Machine, call: TSESTree.CallExpression): Names | undefined {
  const called: Node[] = [];
  const others: Node[] = [];
  const names = { called, others, hasCallbacks: false };
  const methods = methodWords(machine.vocabulary);
  let calls = 0;
  return collectCall(call) ? names : undefined;

  function collectCall(node: TSESTree.CallExpression | TSESTree.NewExpression): boolean {
    calls += 1;
    return (
      calls <= maxCalls &&
      collect(node.callee, called) &&
      node.arguments.every((argument) => collect(argument))
    );
  }

  /** What calls a function for every item may make a list of what that gives. */
  function collectFunction(node: FunctionNode): boolean {
    names.hasCallbacks = true;
    const { callee } = "callee" in node.parent ? node.parent : call;
    const name =
      callee.type === AST_NODE_TYPES.MemberExpression ? staticName(callee.property, callee.computed) : "";
    return name !== "map" && name !== "flatMap" && callee !== node && isIdleFunction(machine, node);
  }

  function collect(node: Node, list = others): boolean {
    switch (node.type) {
      case AST_NODE_TYPES.Identifier:
        return list.push(node) > 0;
      case AST_NODE_TYPES.MemberExpression: {
        if (methods.includes(staticName(node.property, node.computed) ?? "")) return false;
        if (isPath(node)) return list.push(node) > 0;
        return collect(node.object) && (!node.computed || collect(node.property));
      }
      case AST_NODE_TYPES.CallExpression:
      case AST_NODE_TYPES.NewExpression:
        return collectCall(node);
      case AST_NODE_TYPES.ArrowFunctionExpression:
      case AST_NODE_TYPES.FunctionExpression:
        return collectFunction(node);
      case AST_NODE_TYPES.TSAsExpression:
        return (
          readType(machine, node.typeAnnotation, node, "given", undefined) === undefined &&
          collect(node.expression)
        );
      case AST_NODE_TYPES.Property:
        return (!node.computed || collect(node.key)) && collect(node.value);
      default:
        return compounds.has(node.type) && everyChild(node);
    }
  }

  function everyChild(node: Node): boolean {
    let isAll = true;
    forEachChild(machine, node, (child) => {
      isAll &&= collect(child);
    });
    return isAll;
  }
}

/** `a.b.c`. */
function isPath(node: Node): boolean {
  if (node.type !== AST_NODE_TYPES.MemberExpression) return node.type === AST_NODE_TYPES.Identifier;
  return staticName(node.property, node.computed) !== undefined && isPath(node.object);
}
