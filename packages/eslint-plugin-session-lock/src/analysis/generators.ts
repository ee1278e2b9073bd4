import { dispatch, type Call } from "./calls.ts";
import { isEntered } from "./invoke.ts";
import { capture, type Machine } from "./machine.ts";
import type { Value } from "./values.ts";
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
