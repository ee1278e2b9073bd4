import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { dispatch, type Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import { isExit } from "./no-return.ts";
import { returnedBy } from "./returned.ts";
import { unwrap, type FunctionNode, type Node } from "./syntax.ts";
import { nullish, type Value } from "./values.ts";
import type { World } from "./world.ts";

/**
 * What the callback of `.catch()` makes of an acquire that failed: no lock is held then. If we do not see what it
 * gives, it may as well throw again, so nothing is said of the way behind it.
 */
export function callRejected(
  machine: Machine,
  call: Call,
  callback: Value,
  world: World,
): readonly Outcome[] {
  const outcomes = dispatch(machine, { node: call.node, callee: callback, args: [] }, world);
  if (callback.kind !== "function") return [];
  if (machine.isRelevant(callback.node)) return outcomes;
  if (!givesNothing(machine, callback.node)) return [];
  return outcomes.map((outcome) => ({ world: outcome.world, value: nullish }));
}

/** True for a function that surely gives `null` or `undefined`, if it gives anything. */
function givesNothing(machine: Machine, node: FunctionNode): boolean {
  const { body } = node;
  if (body.type === AST_NODE_TYPES.BlockStatement) {
    const last = body.body.at(-1);
    const isLeft = last !== undefined && (last.type === AST_NODE_TYPES.ThrowStatement || isExit(last));
    const returned = returnedBy(machine, node);
    return returned.length === 0 ? !isLeft : returned.every(isNothing);
  }
  return isNothing(body);
}

function isNothing(node: Node): boolean {
  const value = unwrap(node);
  if (value.type === AST_NODE_TYPES.UnaryExpression) return value.operator === "void";
  if (value.type === AST_NODE_TYPES.Identifier) return value.name === "undefined";
  return value.type === AST_NODE_TYPES.Literal && value.value === null && value.raw === "null";
}
