import { release, type Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import { capture, one, type Machine } from "./machine.ts";
import { runUnder } from "./scopes.ts";
import { unknown, type LockValue } from "./values.ts";
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
  const { frame, result } = capture(machine, () =>
    runUnder(machine, call, { lock, callback: call.args[0] ?? unknown }, entered),
  );
  // The handle outlives the scope, whichever way that ended.
  const leave = (after: World): World => (before === undefined ? after : after.acquire(before));
  for (const thrown of frame.throws) machine.frame.addThrow(leave(thrown));
  return result.map((outcome) => ({ ...outcome, world: leave(outcome.world) }));
}
