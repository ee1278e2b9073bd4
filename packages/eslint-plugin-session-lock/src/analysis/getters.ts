import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Outcome } from "./frame.ts";
import { runFunction } from "./invoke.ts";
import type { Machine } from "./machine.ts";
import { membersNamed } from "./members-by-name.ts";
import { selfOf } from "./object-members.ts";
import { lineOf } from "./subclasses.ts";
import type { FunctionNode, Node } from "./syntax.ts";
import type { Value } from "./values.ts";
import type { World } from "./world.ts";

/** What a getter of a class or an object of this file gives, run where it is read; `undefined` if there is none to run. */
export function readGetter(
  machine: Machine,
  receiver: Value,
  name: string | undefined,
  at: Node,
  world: World,
): readonly Outcome[] | undefined {
  const getter = name === undefined ? undefined : findGetter(machine, receiver, name, world);
  const { activation } = machine;
  if (getter === undefined || !(machine.isRelevant(getter) || isPath(getter))) return undefined;
  if (activation.running.includes(getter) || machine.budget <= 0) return undefined;
  const inner = {
    key: [...activation.running, getter].map(({ range }) => range[0]).join(">"),
    node: getter,
    self: selfIn(receiver),
    calls: [...activation.calls, at],
    running: [...activation.running, getter],
    callback: activation.callback,
  };
  const { returns, throws } = runFunction(machine, getter, inner, [], world, activation.key);
  for (const thrown of throws) machine.frame.addThrow(thrown);
  return returns;
}

function findGetter(machine: Machine, receiver: Value, name: string, world: World): FunctionNode | undefined {
  if (receiver.kind === "object") {
    const field = receiver.fields.get(name);
    return field?.kind === "function" && isGetter(field.node.parent) ? field.node : undefined;
  }
  if (receiver.kind !== "instance" && receiver.kind !== "class") return undefined;
  const { node } = receiver;
  const start = receiver.kind === "instance" ? (receiver.from ?? node) : node;
  for (const member of lineOf(machine, start, world).flatMap((owner) => membersNamed(owner, name))) {
    if (member.type !== AST_NODE_TYPES.MethodDefinition || member.kind !== "get") continue;
    if (member.static !== (receiver.kind === "class")) continue;
    return member.value.type === AST_NODE_TYPES.FunctionExpression ? member.value : undefined;
  }
  return undefined;
}

/** `get file() { return this.#file; }`: what it gives is known by that name. */
function isPath({ body }: FunctionNode): boolean {
  const [first] = body.type === AST_NODE_TYPES.BlockStatement ? body.body : [];
  return (
    first?.type === AST_NODE_TYPES.ReturnStatement && first.argument?.type === AST_NODE_TYPES.MemberExpression
  );
}

function selfIn(receiver: Value): Value {
  if (receiver.kind === "instance") return { kind: receiver.kind, node: receiver.node };
  return receiver.kind === "object" ? selfOf(receiver) : receiver;
}

function isGetter(node: Node): boolean {
  return node.type === AST_NODE_TYPES.Property && node.kind === "get";
}
