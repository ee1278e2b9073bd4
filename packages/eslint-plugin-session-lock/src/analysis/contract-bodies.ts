import type { FileRef } from "./file-ref.ts";
import { fileOfValue } from "./files.ts";
import type { Claim } from "./contracts.ts";
import type { Activation, Machine } from "./machine.ts";
import { readPath } from "./members.ts";
import { parametersOf } from "./parameters.ts";
import { cellOf } from "./resolve.ts";
import { isFunction, type FunctionNode, type Node } from "./syntax.ts";
import type { Place } from "./tags.ts";
import { unknown, type LockValue, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** How the body of a function starts, when its contract is all that is known of its callers. */
export interface Entry {
  readonly world: World;
  /** Empty if nothing is known of the arguments. */
  readonly args: readonly Value[];
}

export function enterContract(
  machine: Machine,
  node: FunctionNode,
  { key: owner, self }: Activation,
  world: World,
): Entry {
  const { requires, owns, releases } = machine.contractOf(node);
  const lockFor = ({ file }: Claim): LockValue => ({
    kind: "lock",
    site: node,
    file: fileOfPlace(machine, node, self, file, world),
    spec: { from: "", name: "" },
  });
  let entered = world;
  if (requires !== undefined) entered = entered.hold(lockFor(requires));
  if (owns !== undefined) entered = entered.hold({ ...lockFor(owns), claim: "owned" });
  return releases === undefined
    ? { world: entered, args: [] }
    : takeGiven(machine, node, releases.lock, owner, entered);
}

/** The parameter that brings the lock: it is held, and to be released on every way out. */
function takeGiven(
  machine: Machine,
  node: FunctionNode,
  given: Place | undefined,
  owner: string,
  world: World,
): Entry {
  const [first, ...others] = parametersOf(node);
  const parameter =
    given === undefined
      ? first
      : [first, ...others].find((one) => JSON.stringify(one?.place) === JSON.stringify(given));
  const variable = parameter === undefined ? undefined : machine.scope.variableOf(parameter.name);
  if (parameter === undefined || variable === undefined) return { world, args: [] };
  const lock: LockValue = {
    kind: "lock",
    site: parameter.name,
    file: { kind: "path", root: cellOf(variable), properties: ["sessionFile"], given: false },
    spec: { from: "", name: "" },
  };
  const { index, properties } = parameter.place;
  const value = properties.reduceRight<Value>(
    (inner, name) => ({ kind: "object", fields: new Map([[name, inner]]) }),
    lock,
  );
  const args = node.params.map((_, position): Value => (position === index ? value : unknown));
  return { world: world.hold(lock).transfer(lock, owner), args };
}

/** A place as the function's own body names it; without a place any file will do. */
function fileOfPlace(
  machine: Machine,
  node: FunctionNode,
  self: Activation["self"],
  place: Place | undefined,
  world: World,
): FileRef | undefined {
  if (place === undefined) return undefined;
  if (place.kind === "this") {
    const outside: Value = {
      kind: "unknown",
      file: { kind: "path", root: "this", properties: [], given: true },
    };
    return fileOfValue(readPath(machine, self ?? outside, place.properties, node, world));
  }
  const parameters = parametersOf(node).filter((parameter) => parameter.place.index === place.index);
  for (const { name, place: bound } of parameters) {
    const variable = machine.scope.variableOf(name);
    const isPrefix = bound.properties.every((property, index) => place.properties[index] === property);
    if (variable === undefined || !isPrefix) continue;
    const properties = place.properties.slice(bound.properties.length);
    return { kind: "path", root: cellOf(variable), properties, given: true };
  }
  return undefined;
}

/** True if the function says that it hands the locks it still holds to its caller, or that somebody else has them. */
export function keepsLocks(machine: Machine, node: Node): boolean {
  return isFunction(node) && machine.contractOf(node).acquires !== undefined;
}
