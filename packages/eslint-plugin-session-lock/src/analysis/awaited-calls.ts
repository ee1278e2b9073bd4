import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import { parentOf, unwrap, type Node } from "./syntax.ts";
import type { World } from "./world.ts";

/** Notes the calls whose promise this `await` waits for. */
export function markAwaited(machine: Machine, awaited: Node): void {
  for (const call of callsIn(awaited)) machine.awaited.add(call);
}

/**
 * Evaluates what a function returns. If its caller awaits that, the calls in it end before the caller goes on; but a
 * lock that the function itself must release is gone by then.
 */
export function evaluateReturned(machine: Machine, node: Node, world: World): readonly Outcome[] {
  const { activation } = machine;
  const isAwaited =
    activation.isAwaited === true && !world.held.some(({ owner }) => owner === activation.key);
  const calls = isAwaited ? callsIn(node).filter((call) => !machine.returned.has(call)) : [];
  for (const call of calls) machine.returned.add(call);
  const outcomes = machine.evaluate(node, world);
  for (const call of calls) machine.returned.delete(call);
  return outcomes;
}

/** True if the code around the call goes on only when the call's promise is settled. */
export function isWaitedFor(machine: Machine, call: Node): boolean {
  return machine.awaited.has(call) || machine.returned.has(call);
}

/** The calls whose promise an expression gives, also through `?:`, `.catch()` and `Promise.all`. */
export function callsIn(expression: Node, calls: Node[] = []): readonly Node[] {
  const node = unwrap(expression);
  switch (node.type) {
    case AST_NODE_TYPES.CallExpression: {
      calls.push(node);
      const callee = unwrap(node.callee);
      if (
        callee.type !== AST_NODE_TYPES.MemberExpression ||
        callee.property.type !== AST_NODE_TYPES.Identifier
      )
        return calls;
      if (["then", "catch", "finally"].includes(callee.property.name)) callsIn(callee.object, calls);
      if (["all", "allSettled"].includes(callee.property.name)) {
        for (const argument of node.arguments) callsIn(argument, calls);
      }
      return calls;
    }
    case AST_NODE_TYPES.ArrayExpression:
      for (const element of node.elements) if (element !== null) callsIn(element, calls);
      return calls;
    case AST_NODE_TYPES.ConditionalExpression:
      callsIn(node.consequent, calls);
      callsIn(node.alternate, calls);
      return calls;
    case AST_NODE_TYPES.LogicalExpression:
      callsIn(node.left, calls);
      callsIn(node.right, calls);
      return calls;
    case AST_NODE_TYPES.SequenceExpression: {
      const last = node.expressions.at(-1);
      if (last !== undefined) callsIn(last, calls);
      return calls;
    }
    default:
      return calls;
  }
}

const waitingForAll: readonly string[] = ["all", "allSettled"];
const waitingForOne: readonly string[] = ["any", "race"];

/** The promise that stands for a call's, where `Promise.all` and its like are given that one among others. */
export function combinedPromise(call: Node): Node {
  let promise = call;
  let node: Node | undefined = call;
  for (node = holderOf(node); node !== undefined; node = holderOf(node))
    if (isCombinator(node, waitingForAll) || (isCombinator(node, waitingForOne) && isDropped(node)))
      promise = node;
  return promise;
}

/** True if nobody waits even for the first of the promises. */
function isDropped({ parent }: Node): boolean {
  return (
    parent?.type === AST_NODE_TYPES.ExpressionStatement || parent?.type === AST_NODE_TYPES.UnaryExpression
  );
}

/** What is made of a value right where it is: a list, what `map` gives for its callback, a combined promise. */
function holderOf(node: Node): Node | undefined {
  const parent = parentOf(node);
  switch (parent?.type) {
    case AST_NODE_TYPES.ArrayExpression:
    case AST_NODE_TYPES.SpreadElement:
      return parent;
    case AST_NODE_TYPES.ArrowFunctionExpression:
      return parent.body === node && parent.parent.type === AST_NODE_TYPES.CallExpression
        ? parent.parent
        : undefined;
    case AST_NODE_TYPES.CallExpression:
      return isCombinator(parent, [...waitingForAll, ...waitingForOne]) ? parent : undefined;
    default:
      return undefined;
  }
}

function isCombinator(node: Node, names: readonly string[]): boolean {
  if (node.type !== AST_NODE_TYPES.CallExpression || node.callee.type !== AST_NODE_TYPES.MemberExpression)
    return false;
  const { object, property } = node.callee;
  return (
    object.type === AST_NODE_TYPES.Identifier &&
    object.name === "Promise" &&
    property.type === AST_NODE_TYPES.Identifier &&
    names.includes(property.name)
  );
}
