import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { forgetAssigned, forgetReassigned } from "./assigned-files.ts";
import { iterateUnseen } from "./generators.ts";
import type { Machine } from "./machine.ts";
import { partsOf, type Value } from "./values.ts";
import type { Node } from "./syntax.ts";
import type { World } from "./world.ts";

/**
 * A value leaves our sight: code in it may run at any later time, a promise in it is somebody else's to await, a lock
 * in it somebody else's to release.
 */
export function escapeValue(machine: Machine, value: Value, to: Node, world: World): World {
  let after = world;
  for (const part of partsOf(value)) {
    if (part.kind === "function") {
      escapeFunction(machine, part, to, after);
      after = forgetAssigned(machine.scope, part.node, after);
    }
    if (part.kind === "generator") iterateUnseen(machine, part, after);
    if (part.kind === "promise") after = after.settle(part.work);
    if (part.kind === "lock") after = after.transfer(part, undefined);
    // Whoever only compares it does not call it.
    if (part.kind === "method" && to.type !== AST_NODE_TYPES.BinaryExpression)
      machine.escapeMethod(part, to, after);
    if (part.kind === "instance" || part.kind === "class") machine.escapeClass(part.node);
  }
  return after;
}

/** A value is passed to code we do not see: its functions may run later, its promises are awaited there. */
export function passValue(machine: Machine, value: Value, to: Node, world: World): World {
  let after = world;
  for (const part of partsOf(value)) {
    if (part.kind === "function") {
      escapeFunction(machine, part, to, after);
      after = forgetAssigned(machine.scope, part.node, after);
    }
    if (part.kind === "generator") iterateUnseen(machine, part, after);
    if (part.kind === "promise") after = after.settle(part.work);
    if (part.kind === "method") machine.escapeMethod(part, to, after);
  }
  return after;
}

/** A function may run at any later time, and is given the arguments then, if they are known. */
export function escapeFunction(
  machine: Machine,
  value: Extract<Value, { kind: "function" }>,
  to: Node,
  world: World,
  args: readonly Value[] = [],
): void {
  const isGiven = args.some((arg) => arg.kind === "manager" || arg.kind === "lock");
  if (!isGiven && !machine.isRelevant(value.node)) return;
  const callback = { to, held: world.held.length > 0 };
  const { node, self } = value;
  // Until it runs, what it reads may have got other values.
  const start = forgetReassigned(machine.scope, node, world.detached());
  machine.escape({ node, world: start, self, callback, calls: [], args });
}
