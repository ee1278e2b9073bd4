import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { acquired, takeLock } from "./await.ts";
import { dispatch, release, type Call } from "./calls.ts";
import { callRejected } from "./rejections.ts";
import { callUnknown } from "./unknown-calls.ts";
import type { Outcome } from "./frame.ts";
import { endWork } from "./lock-effects.ts";
import { one, andThen, type Machine } from "./machine.ts";
import { runUnder } from "./scopes.ts";
import { unknown, type LockValue, type PromiseValue } from "./values.ts";
import { releaseMethods } from "./vocabulary.ts";
import type { World } from "./world.ts";

/** A method of a lock handle; `undefined` for those that do nothing to the lock. */
export function callLockMethod(
  machine: Machine,
  call: Call,
  lock: LockValue,
  name: string,
  world: World,
): readonly Outcome[] | undefined {
  if (releaseMethods(lock.spec).includes(name)) return release(machine, lock, call.node, world);
  if (name === "assertHeld") {
    machine.frame.addThrow(world);
    return one(world.heldOf(lock) === undefined ? world.hold(lock) : world);
  }
  if (name !== "run") return undefined;
  machine.frame.addThrow(world);
  const before = world.heldOf(lock);
  const entered = world.acquire({ lock, owner: undefined, reentrant: true });
  const outcomes = runUnder(machine, call, { lock, callback: call.args[0] ?? unknown }, entered);
  return before === undefined
    ? outcomes
    : outcomes.map((outcome) => ({ ...outcome, world: outcome.world.acquire(before) }));
}

/** `promise.then(…)`, `.catch(…)`, `.finally(…)`: the callbacks run before the new promise settles. */
export function callPromiseMethod(
  machine: Machine,
  call: Call,
  promise: PromiseValue,
  name: string,
  world: World,
): readonly Outcome[] {
  const isAwaited = call.node.type === AST_NODE_TYPES.CallExpression && machine.awaited.has(call.node);
  const work = isAwaited ? promise.work : [...promise.work, call.node];
  const settled: readonly Outcome[] =
    promise.acquires === undefined
      ? one(world.settle(promise.work), promise.result)
      : one(takeLock(machine, promise.acquires, world), acquired(promise));
  machine.frame.addThrow(world);
  const rejects = (index: number): boolean =>
    promise.acquires !== undefined && (name === "catch" ? index === 0 : name === "then" && index === 1);
  const isHandled = rejects(0) || (rejects(1) && call.args.length > 1);
  return andThen(settled, (before, value) => {
    const results: Outcome[] = name === "then" ? [] : [...one(before, value)];
    call.args.forEach((callback, index) => {
      if (rejects(index)) {
        results.push(...callRejected(machine, call, callback, world.settle(promise.work)));
        return;
      }
      if (callback.kind !== "function" && callback.kind !== "method" && callback.kind !== "release") return;
      const args = name === "then" && index === 0 ? [value] : [];
      results.push(...dispatch(machine, { node: call.node, callee: callback, args }, before));
    });
    if (results.length === 0) results.push(...callUnknown(machine, call, before));
    return results.map((outcome) => ({
      world: isAwaited || work.length === 0 ? outcome.world : start(machine, call, promise, outcome.world),
      value: {
        kind: "promise",
        result: outcome.value.kind === "promise" ? outcome.value.result : outcome.value,
        work,
        isCertain: true,
        isSettled: isHandled,
      },
    }));
  });
}

function start(machine: Machine, call: Call, promise: PromiseValue, world: World): World {
  const { held } = world;
  const own = promise.acquires;
  const isOwn = own !== undefined && held.every(({ lock }) => lock.site === own.site);
  if (held.length === 0 || isOwn) return own === undefined ? world : endWork(machine, own, world);
  return world.start(call.node);
}
