import type { Call } from "./calls.ts";
import { fileOf } from "./files.ts";
import type { Outcome } from "./frame.ts";
import { writeWith } from "./lock-effects.ts";
import { one, type Machine } from "./machine.ts";
import { passArguments } from "./unknown-calls.ts";
import { mapManagers, type ManagerValue, type Value } from "./values.ts";
import type { World } from "./world.ts";

/**
 * `manager.setSessionFile(file)` reads the other file, and writes it if it is empty or old: from there on the manager is
 * one of that file, also if it had none before.
 */
export function changeFile(
  machine: Machine,
  call: Call,
  method: Extract<Value, { kind: "method" }>,
  manager: ManagerValue,
  world: World,
): readonly Outcome[] {
  const [argument] = call.node.arguments;
  const [value] = call.args;
  const { kind, spec, origin, subclass } = manager;
  const changed: ManagerValue = {
    kind,
    spec,
    subclass,
    site: call.node,
    file: argument === undefined || value === undefined ? undefined : fileOf(machine, argument, value, world),
    origin: origin === "memory" || origin === "fresh" ? "opened" : origin,
  };
  if (spec.writes.includes(method.name)) writeWith(machine, changed, method, world);
  machine.frame.addThrow(world);
  let after = passArguments(machine, call, world);
  for (const [cell, bound] of world.bindings)
    after = after.bind(
      cell,
      mapManagers(bound, (one) => (one.site === manager.site ? changed : one)),
    );
  return one(after);
}
