import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { classAround } from "./class-members.ts";
import type { Machine } from "./machine.ts";
import { membersNamed } from "./members-by-name.ts";
import { readName } from "./members.ts";
import type { ClassNode, Node } from "./syntax.ts";
import { unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** A class and the classes of this file that it is derived from, the nearest first. */
export function lineOf(machine: Machine, node: ClassNode, world: World): readonly ClassNode[] {
  const line = [node];
  for (let owner = node; owner.superClass !== null;) {
    const parent = readName(machine, owner.superClass, world);
    if (parent.kind !== "class" || line.includes(parent.node)) break;
    line.push((owner = parent.node));
  }
  return line;
}

/** A method that a class of this file has, or has in place of the manager's. */
export function ownMethod(
  machine: Machine,
  node: ClassNode,
  name: string,
  self: Value,
  world: World,
): Value | undefined {
  for (const member of lineOf(machine, node, world).flatMap((owner) => membersNamed(owner, name))) {
    if (member.type !== AST_NODE_TYPES.MethodDefinition || member.static || member.kind !== "method")
      continue;
    if (member.value.type === AST_NODE_TYPES.FunctionExpression)
      return { kind: "function", node: member.value, self };
  }
  return undefined;
}

/** What an instance is, of a class that is derived from a manager's: a manager that somebody else made. */
function inheritedManager(machine: Machine, node: ClassNode, world: World): Value | undefined {
  const parent = readName(machine, lineOf(machine, node, world).at(-1)?.superClass ?? null, world);
  if (parent.kind !== "api" || parent.api.kind !== "manager") return undefined;
  return { kind: "manager", spec: parent.api.spec, site: node, file: undefined, origin: "given" };
}

/** `super` in a method: what the instance is without what the method's class adds. */
export function readSuper(machine: Machine, at: Node, world: World): Value {
  const { self } = machine.activation;
  const parent = parentClass(machine, at, world);
  if (self?.kind === "manager") return { ...self, subclass: parent };
  if (self?.kind === "class") return readName(machine, classAround(at)?.superClass ?? null, world);
  if (self?.kind !== "instance") return unknown;
  if (parent !== undefined) return { ...self, from: parent };
  return inheritedManager(machine, self.node, world) ?? unknown;
}

/** The class of this file that the class around a place is derived from. */
export function parentClass(machine: Machine, at: Node, world: World): ClassNode | undefined {
  const owner = classAround(at);
  return owner === undefined ? undefined : lineOf(machine, owner, world)[1];
}

/** A method that writes, which an instance has from its manager. */
export function inheritedWrite(
  machine: Machine,
  owner: ClassNode,
  name: string,
  at: Node,
  world: World,
): Value | undefined {
  const receiver = owner.superClass === null ? undefined : inheritedManager(machine, owner, world);
  if (receiver?.kind !== "manager" || !receiver.spec.writes.includes(name)) return undefined;
  return { kind: "method", receiver, name, node: at };
}
