import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { readVariable } from "./atoms.ts";
import { inheritedWrite, lineOf, ownMethod } from "./subclasses.ts";
import { fieldCell, staticCell } from "./field-cells.ts";
import { propertyOf, type FileRef } from "./file-ref.ts";
import type { Machine } from "./machine.ts";
import { membersNamed } from "./members-by-name.ts";
import { readField } from "./object-members.ts";
import { contractValue, typedValue } from "./typed.ts";
import { isField, staticName, type ClassNode, type Node } from "./syntax.ts";
import { unknown, type Value } from "./values.ts";
import { releaseMethods } from "./vocabulary.ts";
import type { World } from "./world.ts";

/** What `receiver.name` gives. */
export function readMember(
  machine: Machine,
  receiver: Value,
  name: string | undefined,
  node: Node,
  world: World,
): Value {
  if (name === undefined) return receiver.kind === "list" ? (receiver.items[0] ?? unknown) : unknown;
  if (receiver.kind === "list" && /^\d+$/.test(name))
    return receiver.items[Number(name)] ?? receiver.items[0] ?? unknown;
  switch (receiver.kind) {
    case "unknown":
      return fileValue(receiver, name);
    case "object":
      return readField(receiver, name) ?? fileValue(receiver, name);
    case "module": {
      if (name === "default") return receiver;
      if (/^(node:)?fs$/.test(receiver.from) && name === "promises")
        return { kind: "module", from: "node:fs/promises" };
      const api = machine.apiOf(receiver.from, name);
      return api === undefined ? { kind: "global", name: `${receiver.from}:${name}` } : { kind: "api", api };
    }
    case "global":
      return { kind: "global", name: `${receiver.name}.${name}` };
    case "lock":
      if (name === "sessionFile")
        return receiver.file === undefined ? unknown : { kind: "unknown", file: receiver.file };
      return isLockMethod(receiver, name) ? { kind: "method", receiver, name, node } : unknown;
    case "instance":
      return readInstance(machine, receiver, name, node, world);
    case "class":
      return (
        world.bindings.get(staticCell(receiver.node, name)) ??
        readStatic(receiver.node, name) ??
        readInherited(machine, receiver.node, name, node, world)
      );
    case "promise":
      if (!receiver.isCertain && !["then", "catch", "finally"].includes(name)) return unknown;
      return { kind: "method", receiver, name, node };
    case "manager": {
      const { subclass } = receiver;
      const own = subclass && ownMethod(machine, subclass, name, receiver, world);
      return own ?? { kind: "method", receiver, name, node };
    }
    case "mutex":
    case "api":
    case "function":
    case "generator":
    case "method":
    case "release":
    case "stack":
    case "list":
      return { kind: "method", receiver, name, node };
    case "nullish":
    case "boolean":
      return unknown;
  }
}

/** The epoch, the signal and the like say nothing of the lock: whoever has them cannot release it. */
function isLockMethod({ spec }: Extract<Value, { kind: "lock" }>, name: string): boolean {
  return ["assertHeld", "run", ...releaseMethods(spec)].includes(name);
}

/** What `receiver.a.b` gives. */
export function readPath(
  machine: Machine,
  receiver: Value,
  names: readonly string[],
  node: Node,
  world: World,
): Value {
  return names.reduce((value, name) => readMember(machine, value, name, node, world), receiver);
}

/** True if reading a property of the value can throw: it may be null. */
export function mayBeNull(value: Value): boolean {
  if (value.kind === "nullish") return true;
  return value.kind === "unknown" && value.isObject !== true && value.file?.kind !== "text" && !isSelf(value);
}

function isSelf(value: Value): boolean {
  return (
    value.kind === "unknown" &&
    value.file?.kind === "path" &&
    value.file.root === "this" &&
    value.file.properties.length === 0
  );
}

function fileValue(value: Extract<Value, { kind: "unknown" | "object" }>, name: string): Value {
  const file = propertyOf(value.file, name);
  return file === undefined ? unknown : { kind: "unknown", file };
}

function readInstance(
  machine: Machine,
  receiver: Extract<Value, { kind: "instance" }>,
  name: string,
  at: Node,
  world: World,
): Value {
  const { node, from = node } = receiver;
  const stored = from === node ? world.bindings.get(fieldCell(node, name)) : undefined;
  if (stored !== undefined) return stored;
  for (const member of lineOf(machine, from, world).flatMap((owner) => membersNamed(owner, name))) {
    if (member.type === AST_NODE_TYPES.MethodDefinition && !member.static && member.kind === "method") {
      if (member.value.type === AST_NODE_TYPES.FunctionExpression)
        return { kind: "function", node: member.value, self: { kind: "instance", node } };
    }
    if (member.type === AST_NODE_TYPES.TSAbstractMethodDefinition) {
      const contract = contractValue(machine.contractOfSignatures([member]));
      if (contract !== undefined) return contract;
    }
    if (isField(member) && !member.static) {
      const typed = typedValue(machine, member.typeAnnotation, member, "field");
      if (typed !== undefined) return typed;
    }
  }
  const file: FileRef = { kind: "path", root: "this", properties: [name], given: true };
  return inheritedWrite(machine, node, name, at, world) ?? { kind: "unknown", file };
}

/** A subclass opens what its superclass opens. */
function readInherited(machine: Machine, node: ClassNode, name: string, at: Node, world: World): Value {
  const seen = new Set<ClassNode>();
  for (let owner = node; !seen.has(owner);) {
    seen.add(owner);
    const parent = readName(machine, owner.superClass, world);
    if (parent.kind === "api") return readMember(machine, { ...parent, subclass: node }, name, at, world);
    if (parent.kind !== "class") return readMember(machine, parent, name, at, world);
    const own = readStatic(parent.node, name);
    if (own !== undefined) return own;
    owner = parent.node;
  }
  return unknown;
}

/** What `A` or `a.b.C` stands for. */
export function readName(machine: Machine, node: Node | null, world: World): Value {
  if (node?.type === AST_NODE_TYPES.Identifier) return readVariable(machine, node, world);
  if (node?.type === AST_NODE_TYPES.TSQualifiedName)
    return readMember(machine, readName(machine, node.left, world), node.right.name, node, world);
  if (node?.type !== AST_NODE_TYPES.MemberExpression) return unknown;
  const name = staticName(node.property, node.computed);
  return readMember(machine, readName(machine, node.object, world), name, node, world);
}

function readStatic(node: ClassNode, name: string): Value | undefined {
  for (const member of membersNamed(node, name)) {
    if (member.type !== AST_NODE_TYPES.MethodDefinition || !member.static || member.kind !== "method")
      continue;
    if (member.value.type !== AST_NODE_TYPES.FunctionExpression) continue;
    return { kind: "function", node: member.value, self: { kind: "class", node } };
  }
  return undefined;
}
