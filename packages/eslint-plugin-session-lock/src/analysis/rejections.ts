import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { dispatch, type Call } from "./calls.ts";
import { settlingMethods } from "./foreign-promises.ts";
import type { Outcome } from "./frame.ts";
import { capture, type Machine } from "./machine.ts";
import { isExit } from "./no-return.ts";
import { returnedBy } from "./returned.ts";
import { staticName, unwrap, type FunctionNode, type Node } from "./syntax.ts";
import { nullish, someObject, unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** True for a call whose promise gets callbacks where it is made, `f().finally(…)`; what does not return one throws. */
function isFollowedUp({ node, callee }: Call): boolean {
  const { parent } = node;
  if (parent.type !== AST_NODE_TYPES.MemberExpression || parent.object !== node) return false;
  if (parent.parent.type !== AST_NODE_TYPES.CallExpression || parent.parent.callee !== parent) return false;
  if (callee.kind === "function" && !callee.node.async) return false;
  return settlingMethods.has(staticName(parent.property, parent.computed) ?? "");
}

/** Runs a call. Where one fails whose promise gets callbacks, that is rejected: one of them may release a lock. */
export function catchRejections(
  machine: Machine,
  call: Call,
  world: World,
  run: () => readonly Outcome[],
): readonly Outcome[] {
  if (world.held.length === 0 || !isFollowedUp(call)) return run();
  const { frame, result } = capture(machine, run);
  const value: Value = { kind: "promise", result: unknown, work: [], isCertain: true, isRejected: true };
  const given = result.map((end) => (end.value.kind === "unknown" ? { ...end, value: someObject } : end));
  return [...given, ...frame.throws.map((world) => ({ world, value }))];
}

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
