import { dispatch, type Call } from "./calls.ts";
import { isEntered } from "./invoke.ts";
import type { Outcome } from "./frame.ts";
import { capture, type Machine } from "./machine.ts";
import type { FunctionNode } from "./syntax.ts";
import { partsOf, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** What a call of a generator function gives: nothing of its body runs before somebody asks for a value. */
export function makeGenerator(machine: Machine, call: Call, world: World): Value | undefined {
  const { callee } = call;
  if (callee.kind !== "function" || !callee.node.generator) return undefined;
  return isEntered(machine, callee.node, call.args, world) ? { kind: "generator", call } : undefined;
}

/** The worlds behind code that goes through a value: of a generator, all that it does is done here. */
export function iterate(machine: Machine, value: Value, world: World): readonly World[] {
  if (value.kind !== "generator") return [world];
  const { call } = value;
  // Whoever goes through an asynchronous one waits for each value.
  machine.awaited.add(call.node);
  return dispatch(machine, call, world).map((outcome) => outcome.world);
}

/** Code that we do not see has got a generator: it is believed to go through it before it returns. */
export function iterateUnseen(machine: Machine, value: Value, world: World): void {
  capture(machine, () => iterate(machine, value, world));
}

/** The generators that leave the file: they are gone through when no lock that the function took is held any more. */
export function escapeGenerators(machine: Machine, owner: FunctionNode, returns: readonly Outcome[]): void {
  // Whoever calls what requires the lock holds it, and goes through the generator under it.
  if (machine.contractOf(owner).requires !== undefined) return;
  for (const { value, world } of returns) {
    for (const part of partsOf(value)) {
      if (part.kind !== "generator" || part.call.callee.kind !== "function") continue;
      const { callee, args, node } = part.call;
      machine.escape({
        node: callee.node,
        self: callee.self,
        world: world.detached(),
        callback: undefined,
        calls: [node],
        args,
      });
    }
  }
}
