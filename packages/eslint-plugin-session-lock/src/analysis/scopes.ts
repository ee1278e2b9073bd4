import type { Call } from "./calls.ts";
import { dispatch } from "./calls.ts";
import type { FileRef } from "./file-ref.ts";
import type { Outcome } from "./frame.ts";
import { checkNested, endWork, type Reentry } from "./lock-effects.ts";
import { capture, type Machine } from "./machine.ts";
import { passValue } from "./escape.ts";
import { noteOrder } from "./sections.ts";
import { unknown, type LockValue, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** A lock scope that a call opens for its callback. */
export interface Scope {
  readonly file: FileRef | undefined;
  /** Index of the callback among the arguments. */
  readonly callback: number;
  readonly isReentrant: boolean;
  readonly reentry: Reentry;
}

/** `withSessionWriteLock(file, callback)`: the callback, and what it awaits, runs under the lock. */
export function runWrapper(machine: Machine, call: Call, scope: Scope, world: World): readonly Outcome[] {
  const lock: LockValue = {
    kind: "lock",
    site: call.node,
    file: scope.file,
    spec: { from: "", name: "", resource: 0 },
  };
  checkNested(machine, lock, scope.reentry, world);
  noteOrder(machine, lock, world);
  machine.frame.addThrow(world);
  const entered = world.acquire({ lock, owner: undefined, reentrant: scope.isReentrant });
  return runUnder(machine, call, { lock, callback: call.args.at(scope.callback) ?? unknown }, entered);
}

/** Runs a callback under a lock that ends with it. */
export function runUnder(
  machine: Machine,
  call: Call,
  scope: { readonly lock: LockValue; readonly callback: Value },
  world: World,
): readonly Outcome[] {
  const { lock, callback } = scope;
  const others = call.args
    .filter((arg) => arg !== callback)
    .reduce((before, arg) => passValue(machine, arg, call.node, before), world);
  machine.awaited.add(call.node);
  const { frame, result } = capture(machine, () =>
    dispatch(machine, { node: call.node, callee: callback, args: [lock] }, others),
  );
  for (const thrown of frame.throws) machine.frame.addThrow(thrown.forget(lock));
  return result.map(({ world: before, value }) => {
    const settled = value.kind === "promise" ? before.settle(value.work) : before;
    const after = endWork(machine, lock, settled).forget(lock);
    const result = value.kind === "promise" ? value.result : value;
    return {
      world: after,
      value: { kind: "promise", result, work: [], isCertain: true, isSettled: true, scope: call.node },
    };
  });
}
