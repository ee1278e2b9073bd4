import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Call } from "./calls.ts";
import type { FileRef } from "./file-ref.ts";
import { fileOf, fileOfValue } from "./files.ts";
import type { Machine } from "./machine.ts";
import { readMember, readPath } from "./members.ts";
import type { Node } from "./syntax.ts";
import type { Place } from "./tags.ts";
import { unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** The file that a call names in an argument, or in a property of its first argument. */
export function resourceOf(
  machine: Machine,
  call: Call,
  resource: string | number,
  world: World,
): FileRef | undefined {
  return fileAt(machine, call, placeOf(resource), world);
}

/** An argument by its index, or a property of the first one by its name. */
export function placeOf(resource: string | number): Place {
  return typeof resource === "number"
    ? { kind: "parameter", index: resource, properties: [] }
    : { kind: "parameter", index: 0, properties: [resource] };
}

/** The file that stands at a place of a call; `undefined` if the call does not show it. */
export function fileAt(machine: Machine, call: Call, place: Place, world: World): FileRef | undefined {
  const [property, ...others] = place.properties;
  if (place.kind === "parameter") {
    const argument = call.node.arguments.at(place.index);
    const value = call.args.at(place.index);
    if (argument === undefined || value === undefined) return undefined;
    if (property === undefined) return fileOf(machine, argument, value, world);
    if (others.length === 0) {
      const written = propertyValue(argument, property);
      if (written !== undefined) {
        return fileOf(machine, written, readMember(machine, value, property, written, world), world);
      }
    }
  }
  const given = valueAt(machine, call, place, world);
  return given.kind === "lock" ? given.file : fileOfValue(given);
}

/** What stands at a place of a call. */
export function valueAt(machine: Machine, call: Call, place: Place, world: World): Value {
  const root = place.kind === "parameter" ? call.args.at(place.index) : receiverOf(call);
  return readPath(machine, root ?? unknown, place.properties, call.node, world);
}

/** What `this` is in the function that is called, when it is called on `this`. */
function receiverOf({ node, callee }: Call): Value {
  if (callee.kind === "function" && callee.self !== undefined) return callee.self;
  const isOwn =
    node.callee.type === AST_NODE_TYPES.MemberExpression &&
    node.callee.object.type === AST_NODE_TYPES.ThisExpression;
  return isOwn
    ? { kind: "unknown", file: { kind: "path", root: "this", properties: [], given: true } }
    : unknown;
}

/** The expression that an object literal gives a property. */
function propertyValue(argument: Node, name: string): Node | undefined {
  if (argument.type !== AST_NODE_TYPES.ObjectExpression) return undefined;
  for (const property of argument.properties) {
    if (property.type !== AST_NODE_TYPES.Property || property.key.type !== AST_NODE_TYPES.Identifier)
      continue;
    if (property.key.name === name && !property.computed) return property.value;
  }
  return undefined;
}
