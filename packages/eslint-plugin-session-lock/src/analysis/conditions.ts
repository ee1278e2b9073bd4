import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { forgetFiles } from "./assigned-files.ts";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import { narrowByClass } from "./receivers.ts";
import { cellOf, isReassigned } from "./resolve.ts";
import { unwrap, type Node } from "./syntax.ts";
import { readTest, truthOf, type ValueTest } from "./value-tests.ts";
import type { World } from "./world.ts";
import { meet } from "./worlds.ts";

export interface Branches {
  readonly whenTrue: readonly World[];
  readonly whenFalse: readonly World[];
}

/** Evaluates a condition; a world that already knows the answer goes one way only. */
export function branch(machine: Machine, condition: Node, world: World): Branches {
  const node = unwrap(condition);
  if (node.type === AST_NODE_TYPES.UnaryExpression && node.operator === "!") {
    const { whenTrue, whenFalse } = branch(machine, node.argument, world);
    return { whenTrue: whenFalse, whenFalse: whenTrue };
  }
  if (node.type === AST_NODE_TYPES.LogicalExpression && node.operator !== "??") {
    const left = branch(machine, node.left, world);
    const isAnd = node.operator === "&&";
    const right = joined(
      (isAnd ? left.whenTrue : left.whenFalse).map((next) => branch(machine, node.right, next)),
    );
    return isAnd
      ? { whenTrue: right.whenTrue, whenFalse: meet([...left.whenFalse, ...right.whenFalse]) }
      : { whenTrue: meet([...left.whenTrue, ...right.whenTrue]), whenFalse: right.whenFalse };
  }
  if (node.type === AST_NODE_TYPES.CallExpression) {
    const [argument, ...others] = node.arguments;
    if (argument !== undefined && others.length === 0 && isBoolean(machine, node.callee))
      return branch(machine, argument, world);
  }
  const test = readTest(node);
  const outcomes = machine.evaluate(test?.operand ?? node, world);
  return joined(outcomes.map((outcome) => decide(machine, node, outcome, test)));
}

/** The global function, not one that the file calls so. */
function isBoolean(machine: Machine, callee: Node): boolean {
  if (callee.type !== AST_NODE_TYPES.Identifier || callee.name !== "Boolean") return false;
  return machine.scope.variableOf(callee) === undefined;
}

function decide(machine: Machine, node: Node, outcome: Outcome, test: ValueTest | undefined): Branches {
  const { world, value } = outcome;
  const truth = test === undefined ? truthOf(value) : test.answer(value);
  const taken = (): World =>
    narrowByClass(machine, node, forgetEqual(machine, node, true, world)).step(node, "taken");
  const skipped = (): World => forgetEqual(machine, node, false, world).step(node, "skipped");
  if (truth !== undefined)
    return truth ? { whenTrue: [taken()], whenFalse: [] } : { whenTrue: [], whenFalse: [skipped()] };
  const flag = test === undefined ? flagOf(machine, node) : undefined;
  if (flag === undefined) return { whenTrue: [taken()], whenFalse: [skipped()] };
  const known = world.truthOf(flag);
  if (known !== undefined)
    return known ? { whenTrue: [taken()], whenFalse: [] } : { whenTrue: [], whenFalse: [skipped()] };
  return { whenTrue: [taken().assume(flag, true)], whenFalse: [skipped().assume(flag, false)] };
}

/** Behind `a === b` the two are one file, whatever either was given before. */
function forgetEqual(machine: Machine, node: Node, isTaken: boolean, world: World): World {
  if (node.type !== AST_NODE_TYPES.BinaryExpression) return world;
  if (node.operator !== (isTaken ? "===" : "!==")) return world;
  const variables = [node.left, node.right].flatMap((operand) => machine.scope.variableOf(operand) ?? []);
  return forgetFiles(variables, world);
}

/** A variable that never changes and is asked about more than once: its answers agree. */
function flagOf(machine: Machine, node: Node): string | undefined {
  if (node.type !== AST_NODE_TYPES.Identifier) return undefined;
  const variable = machine.scope.variableOf(node);
  if (variable === undefined || isReassigned(variable)) return undefined;
  return variable.references.filter(({ identifier }) => isTest(identifier)).length > 1
    ? cellOf(variable)
    : undefined;
}

function isTest(node: Node): boolean {
  const { parent } = node;
  switch (parent?.type) {
    case AST_NODE_TYPES.IfStatement:
    case AST_NODE_TYPES.ConditionalExpression:
    case AST_NODE_TYPES.WhileStatement:
      return parent.test === node;
    case AST_NODE_TYPES.UnaryExpression:
      return parent.operator === "!";
    case AST_NODE_TYPES.LogicalExpression:
      return true;
    default:
      return false;
  }
}

function joined(branches: readonly Branches[]): Branches {
  return {
    whenTrue: meet(branches.flatMap(({ whenTrue }) => whenTrue)),
    whenFalse: meet(branches.flatMap(({ whenFalse }) => whenFalse)),
  };
}
