import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { acquired, takeLock } from "./await.ts";
import { dispatch, type Call } from "./calls.ts";
import { isCode } from "./foreign-promises.ts";
import type { Outcome } from "./frame.ts";
import { endWork } from "./lock-effects.ts";
import { one, andThen, type Machine } from "./machine.ts";
import { callRejected } from "./rejections.ts";
import { callUnknown } from "./unknown-calls.ts";
import type { PromiseValue, Value } from "./values.ts";
import type { World } from "./world.ts";

/** `promise.then(…)`, `.catch(…)`, `.finally(…)`: the callbacks run before the new promise settles. */
export function callPromiseMethod(
  machine: Machine,
  call: Call,
  promise: PromiseValue,
  name: string,
  world: World,
): readonly Outcome[] {
  const handler = call.args[name === "then" ? 1 : 0];
  const onRejected = handler !== undefined && isCode(handler) ? handler : undefined;
  if (promise.isRejected === true)
    return onRejected === undefined
      ? one(world, promise)
      : runCallback(machine, call, onRejected, name === "finally" ? promise : undefined, [], world);
  const isAwaited = call.node.type === AST_NODE_TYPES.CallExpression && machine.awaited.has(call.node);
  const work = isAwaited ? promise.work : [...promise.work, call.node];
  const settled: readonly Outcome[] =
    promise.acquires === undefined
      ? one(world.settle(promise.work), promise.result)
      : one(takeLock(machine, promise.acquires, world), acquired(promise));
  // A rejection passes the callbacks by, unless one is there for it.
  if (onRejected === undefined) machine.frame.addThrow(world);
  const rejects = (index: number): boolean =>
    promise.acquires !== undefined && (name === "catch" ? index === 0 : name === "then" && index === 1);
  const isHandled = rejects(0) || (rejects(1) && call.args.length > 1);
  return andThen(settled, (before, value) => {
    const isPassed = name === "catch" || (name === "finally" && onRejected === undefined);
    const results: Outcome[] = isPassed ? [...one(before, value)] : [];
    call.args.forEach((callback, index) => {
      if (rejects(index)) {
        results.push(...callRejected(machine, call, callback, world.settle(promise.work)));
        return;
      }
      if (!isCode(callback)) return;
      const args = name === "then" && index === 0 ? [value] : [];
      const given = name === "finally" ? value : undefined;
      results.push(...runCallback(machine, call, callback, given, args, before));
    });
    if (results.length === 0) results.push(...callUnknown(machine, call, before));
    return results.map((outcome) => ({
      world: isAwaited || work.length === 0 ? outcome.world : start(machine, call, promise, outcome.world),
      value: { ...promiseOf(outcome.value), work, isCertain: true, isSettled: isHandled },
    }));
  });
}

/** Runs a callback; the promise that it returns is awaited. What it gives is dropped if the chain goes on with `given`. */
function runCallback(
  machine: Machine,
  call: Call,
  callee: Value,
  given: Value | undefined,
  args: readonly Value[],
  world: World,
): readonly Outcome[] {
  return dispatch(machine, { node: call.node, callee, args, isAwaited: true }, world).map((outcome) => {
    const result = promiseOf(outcome.value);
    return {
      world: outcome.world.settle(result.work),
      value: given === undefined || result.isRejected === true ? result : given,
    };
  });
}

/** What waits for a value, whether that is a promise or not. */
export function promiseOf(value: Value): PromiseValue {
  return value.kind === "promise" ? value : { kind: "promise", result: value, work: [], isCertain: true };
}

function start(machine: Machine, call: Call, promise: PromiseValue, world: World): World {
  const { held } = world;
  const own = promise.acquires;
  const isOwn = own !== undefined && held.every(({ lock }) => lock.site === own.site);
  if (held.length === 0 || isOwn) return own === undefined ? world : endWork(machine, own, world);
  return world.start(call.node);
}
