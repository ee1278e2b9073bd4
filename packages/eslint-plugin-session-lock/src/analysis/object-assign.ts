import type { Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import { one, type Machine } from "./machine.ts";
import { cellOf } from "./resolve.ts";
import type { Value } from "./values.ts";
import type { World } from "./world.ts";

/** `Object.assign(target, source)` of objects that we know; `undefined` for others. */
export function assignFields(machine: Machine, call: Call, world: World): readonly Outcome[] | undefined {
  const [target, ...sources] = call.args;
  if (target?.kind !== "object") return undefined;
  const given = sources.flatMap((source) => (source.kind === "object" ? [...source.fields] : []));
  const filled: Value = { ...target, fields: new Map([...target.fields, ...given]) };
  const [holder] = call.node.arguments;
  const variable = holder === undefined ? undefined : machine.scope.variableOf(holder);
  return one(variable === undefined ? world : world.bind(cellOf(variable), filled), filled);
}
