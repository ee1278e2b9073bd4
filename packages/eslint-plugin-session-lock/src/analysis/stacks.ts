import type { Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import { releaseLock } from "./lock-effects.ts";
import { one, type Machine } from "./machine.ts";
import { nodeKey, type Node } from "./syntax.ts";
import type { LockValue, Value } from "./values.ts";
import type { World } from "./world.ts";

type Stack = Extract<Value, { kind: "stack" }>;

/** `new AsyncDisposableStack()`. */
export function makeStack(call: Call): Stack | undefined {
  const { callee, node } = call;
  const isStack =
    callee.kind === "global" && ["AsyncDisposableStack", "DisposableStack"].includes(callee.name);
  return isStack ? { kind: "stack", site: node } : undefined;
}

/** A method of a disposable stack; `undefined` for those that do nothing to a lock. */
export function callStackMethod(
  machine: Machine,
  call: Call,
  stack: Stack,
  name: string,
  world: World,
): readonly Outcome[] | undefined {
  const [first] = call.args;
  if (["dispose", "disposeAsync", "[dispose]"].includes(name)) {
    const after = disposeStack(machine, stack, call.node, world);
    machine.frame.addThrow(after);
    return one(after);
  }
  if (name === "move") {
    const moved = locksIn(stack, world).reduce((before, lock) => before.transfer(lock, undefined), world);
    return one(moved);
  }
  const isTaken = name === "use" || name === "adopt";
  return isTaken && first?.kind === "lock" ? one(world.bind(cellOf(stack, first), first), first) : undefined;
}

/** Releases what the stack was given. */
export function disposeStack(machine: Machine, stack: Stack, at: Node, world: World): World {
  let after = world;
  for (const lock of [...locksIn(stack, world)].reverse()) {
    if (after.heldOf(lock) !== undefined) after = releaseLock(machine, lock, at, after);
    after = after.leave([cellOf(stack, lock)]);
  }
  return after;
}

/** The locks that a stack is to release. */
export function locksIn(stack: Stack, world: World): readonly LockValue[] {
  return world.held.flatMap(({ lock }) => (world.bindings.has(cellOf(stack, lock)) ? lock : []));
}

function cellOf({ site }: Stack, lock: LockValue): string {
  return `${nodeKey(site)} stack ${nodeKey(lock.site)}`;
}
