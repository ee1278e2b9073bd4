import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import { narrowByClass } from "./receivers.ts";
import { cellOf, isReassigned } from "./resolve.ts";
import { unwrap, type Node } from "./syntax.ts";
import type { Value } from "./values.ts";
import type { World } from "./world.ts";
import { meet } from "./worlds.ts";

export interface Branches {
  readonly whenTrue: readonly World[];
  readonly whenFalse: readonly World[];
}

/** Evaluates a condition; a world that already knows the answer goes one way only. */
export function branch(machine: Machine, test: Node, world: World): Branches {
  const node = unwrap(test);
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
  const nullCheck = readNullCheck(node);
  const outcomes = machine.evaluate(nullCheck?.operand ?? node, world);
  return joined(outcomes.map((outcome) => decide(machine, node, outcome, nullCheck)));
}

interface NullCheck {
  readonly operand: Node;
  readonly isEqual: boolean;
}

/** `x == null`, `x === undefined`, `undefined !== x` and the like. */
function readNullCheck(node: Node): NullCheck | undefined {
  if (node.type !== AST_NODE_TYPES.BinaryExpression || !["==", "===", "!=", "!=="].includes(node.operator))
    return undefined;
  const isEqual = node.operator.startsWith("=");
  if (isNullLiteral(node.right)) return { operand: node.left, isEqual };
  if (isNullLiteral(node.left)) return { operand: node.right, isEqual };
  return undefined;
}

function isNullLiteral(node: Node): boolean {
  return (
    (node.type === AST_NODE_TYPES.Literal && node.value === null && node.raw === "null") ||
    (node.type === AST_NODE_TYPES.Identifier && node.name === "undefined")
  );
}

function decide(machine: Machine, node: Node, outcome: Outcome, nullCheck: NullCheck | undefined): Branches {
  const { world, value } = outcome;
  const truth = nullCheck === undefined ? truthOf(value) : nullTruth(value, nullCheck.isEqual);
  const taken = (): World => narrowByClass(machine, node, world).step(node, "taken");
  const skipped = (): World => world.step(node, "skipped");
  if (truth !== undefined)
    return truth ? { whenTrue: [taken()], whenFalse: [] } : { whenTrue: [], whenFalse: [skipped()] };
  const flag = nullCheck === undefined ? flagOf(machine, node) : undefined;
  if (flag === undefined) return { whenTrue: [taken()], whenFalse: [skipped()] };
  const known = world.truthOf(flag);
  if (known !== undefined)
    return known ? { whenTrue: [taken()], whenFalse: [] } : { whenTrue: [], whenFalse: [skipped()] };
  return { whenTrue: [taken().assume(flag, true)], whenFalse: [skipped().assume(flag, false)] };
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

/** Whether the value is truthy, as far as its kind says. */
function truthOf(value: Value): boolean | undefined {
  switch (value.kind) {
    case "nullish":
      return false;
    case "boolean":
      return value.value;
    case "unknown":
    case "global":
      return undefined;
    case "manager":
      return value.origin === "given" || value.origin === "field" ? undefined : true;
    case "promise":
      return value.isCertain ? true : undefined;
    default:
      return true;
  }
}

function nullTruth(value: Value, isEqual: boolean): boolean | undefined {
  const isNull = value.kind === "boolean" ? false : negated(truthOf(value));
  return isEqual ? isNull : negated(isNull);
}

function negated(truth: boolean | undefined): boolean | undefined {
  return truth === undefined ? undefined : !truth;
}

function joined(branches: readonly Branches[]): Branches {
  return {
    whenTrue: meet(branches.flatMap(({ whenTrue }) => whenTrue)),
    whenFalse: meet(branches.flatMap(({ whenFalse }) => whenFalse)),
  };
}
