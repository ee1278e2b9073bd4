import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import { releaseLock } from "./lock-effects.ts";
import { one, type Machine } from "./machine.ts";
import { cellOf as cellOfVariable } from "./resolve.ts";
import { isIn, nodeKey, staticName, type Node } from "./syntax.ts";
import type { LockValue, Value } from "./values.ts";
import { releaseMethods } from "./vocabulary.ts";
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
  if (name === "defer" && first !== undefined) {
    const locks = releasedBy(machine, first, world);
    // Otherwise it is a callback like any other.
    if (locks.length === 0) return undefined;
    return one(locks.reduce((before, lock) => before.bind(cellOf(stack, lock), lock), world));
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

/** The locks that a function which runs at the end of the stack releases. */
function releasedBy(machine: Machine, value: Value, world: World): readonly LockValue[] {
  if (value.kind === "release") return [value.lock];
  if (value.kind === "method") return value.receiver.kind === "lock" ? [value.receiver] : [];
  if (value.kind !== "function") return [];
  return machine.scope.capturedBy(value.node).flatMap((variable) => {
    const captured = world.bindings.get(cellOfVariable(variable));
    if (captured?.kind === "release") return captured.lock;
    if (captured?.kind !== "lock") return [];
    const names = releaseMethods(captured.spec);
    const uses = variable.references.map(({ identifier }) => identifier);
    return uses.some((use) => isIn(use, value.node) && readsOneOf(use, names)) ? captured : [];
  });
}

/** True for `x` in `x.name`, of these names. */
function readsOneOf({ parent }: Node, names: readonly string[]): boolean {
  if (parent?.type !== AST_NODE_TYPES.MemberExpression) return false;
  return names.includes(staticName(parent.property, parent.computed) ?? "");
}

function cellOf({ site }: Stack, lock: LockValue): string {
  return `${nodeKey(site)} stack ${nodeKey(lock.site)}`;
}
