import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Outcome } from "./frame.ts";
import { one, type Machine } from "./machine.ts";
import { place } from "./place.ts";
import { noteOrder } from "./sections.ts";
import { shorten } from "./shorten.ts";
import { isFunction, unwrap, type Node } from "./syntax.ts";
import { unknown, type LockValue, type PromiseValue, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** `await new Promise((resolve) => setTimeout(resolve, 1000))`: a sleep that is written out. */
export function isSleep(awaited: Node): boolean {
  const promise = unwrap(awaited);
  if (promise.type !== AST_NODE_TYPES.NewExpression || promise.callee.type !== AST_NODE_TYPES.Identifier)
    return false;
  const [executor] = promise.arguments;
  if (promise.callee.name !== "Promise" || executor === undefined || !isFunction(executor)) return false;
  const [only] = executor.body.type === AST_NODE_TYPES.BlockStatement ? executor.body.body : [];
  const call = only?.type === AST_NODE_TYPES.ExpressionStatement ? only.expression : executor.body;
  if (call.type !== AST_NODE_TYPES.CallExpression || call.callee.type !== AST_NODE_TYPES.Identifier)
    return false;
  return call.callee.name === "setTimeout";
}

/** Reports an await of something slow while a lock is held; `inner` is what takes long in the function that is called. */
export function noteSlow(machine: Machine, node: Node, text: string, world: World, inner?: Node): void {
  // Nobody waits for a file that belongs to this code alone.
  const held = world.held.find(({ lock }) => lock.claim !== "owned");
  if (held === undefined) return;
  machine.recorder.find({
    rule: "no-slow-await-in-session-lock",
    message: inner === undefined ? "slow" : "slowInside",
    node,
    data: {
      call: text,
      acquired: place(held.lock.site),
      ...(inner === undefined ? {} : { inner: shorten(machine.textOf(inner)), at: place(inner) }),
    },
    path: world.path,
    ...(inner === undefined ? {} : { related: inner }),
  });
}

/** What `await value` gives; a lock is held only from here on. */
export function awaitValue(machine: Machine, node: Node, value: Value, world: World): readonly Outcome[] {
  if (value.kind !== "promise") {
    if (value.kind === "unknown" || value.kind === "global") machine.frame.addThrow(world);
    return one(world, value);
  }
  const settled = world.settle(value.work);
  if (value.isSettled !== true || value.isRejected === true) machine.frame.addThrow(settled);
  if (value.isRejected === true) return [];
  if (value.acquires !== undefined) return one(takeLock(machine, value.acquires, settled), acquired(value));
  if (!value.isCertain) return one(settled);
  if (value.result.kind === "promise") return awaitValue(machine, node, value.result, settled);
  if (value.result.kind !== "list") return one(settled, value.result);
  let after = settled;
  const items = value.result.items.map((item) => {
    if (item.kind !== "promise") return item;
    after = after.settle(item.work);
    if (item.acquires !== undefined) after = takeLock(machine, item.acquires, after);
    return item.acquires === undefined ? item.result : acquired(item);
  });
  return one(after, { kind: "list", items });
}

/** The running function takes the lock, and with it the duty to release it. */
export function takeLock(machine: Machine, lock: LockValue, world: World): World {
  noteOrder(machine, lock, world);
  return world.acquire({ lock, owner: machine.activation.key, reentrant: lock.isReentry === true });
}

/** What an acquire hands back: the handle, or the function that releases it, perhaps behind a value. */
export function acquired({ acquires }: PromiseValue): Value {
  if (acquires === undefined) return unknown;
  const release: Value = { kind: "release", lock: acquires };
  switch (acquires.spec.returns) {
    case "release":
      return release;
    case "pair":
      return { kind: "list", items: [unknown, release] };
    default:
      return acquires;
  }
}
