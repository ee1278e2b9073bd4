import type { Call } from "./calls.ts";
import { dispatch } from "./calls.ts";
import { passValue } from "./escape.ts";
import type { Outcome } from "./frame.ts";
import { one, type Machine } from "./machine.ts";
import { promiseOf } from "./promise-calls.ts";
import { unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** Methods of a promise that call what they are given once it is settled. */
export const settlingMethods: ReadonlySet<string> = new Set(["then", "catch", "finally"]);

/** `promise.then(…)` of a promise that we know nothing of, when it is awaited: the callbacks run before that ends. */
export function callSettling(machine: Machine, call: Call, method: string, world: World): readonly Outcome[] {
  const callbacks = call.args.filter(isCode);
  // Whether it is fulfilled or rejected, the callback of `finally` runs.
  if (method !== "finally" || callbacks.length === 0) machine.frame.addThrow(world);
  const passed = call.args
    .filter((arg) => !isCode(arg))
    .reduce((before, arg) => passValue(machine, arg, call.node, before), world);
  const outcomes = callbacks.flatMap((callee) =>
    dispatch(machine, { ...call, callee, args: [], isAwaited: true }, passed),
  );
  const isSkipped = method === "catch" || callbacks.length === 0;
  return [...(isSkipped ? one(passed) : []), ...outcomes].map((outcome) => ({
    world: outcome.world,
    value: promiseOf(method === "finally" ? unknown : outcome.value),
  }));
}

/** True for what may be called as a callback. */
export function isCode({ kind }: Value): boolean {
  return kind === "function" || kind === "method" || kind === "release";
}
