import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Machine } from "./machine.ts";
import { membersNamed } from "./members-by-name.ts";
import { readName } from "./members.ts";
import type { ClassNode, Node } from "./syntax.ts";
import { unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** A method that a class of this file has, or has in place of the manager's. */
export function ownMethod(node: ClassNode, name: string, self: Value): Value | undefined {
  for (const member of membersNamed(node, name)) {
    if (member.type !== AST_NODE_TYPES.MethodDefinition || member.static || member.kind !== "method")
      continue;
    if (member.value.type === AST_NODE_TYPES.FunctionExpression)
      return { kind: "function", node: member.value, self };
  }
  return undefined;
}

/** What an instance is, of a class that is derived from a manager's: a manager that somebody else made. */
function inheritedManager(machine: Machine, node: ClassNode, world: World): Value | undefined {
  const parent = readName(machine, node.superClass, world);
  if (parent.kind !== "api" || parent.api.kind !== "manager") return undefined;
  return { kind: "manager", spec: parent.api.spec, site: node, file: undefined, origin: "given" };
}

/** `super` in a method: what the instance is without what its class adds. */
export function readSuper(machine: Machine, world: World): Value {
  const { self } = machine.activation;
  if (self?.kind === "manager") return { ...self, subclass: undefined };
  return (self?.kind === "instance" ? inheritedManager(machine, self.node, world) : undefined) ?? unknown;
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
