import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { assignedFile } from "./assigned-files.ts";
import { fieldCell, staticCell } from "./field-cells.ts";
import { callLike } from "./file-ref.ts";
import { fileOf } from "./files.ts";
import type { Outcome } from "./frame.ts";
import { escapeValue } from "./escape.ts";
import { iterate, iterateUnseen } from "./generators.ts";
import { readGetter } from "./getters.ts";
import { andThen, one, type Machine } from "./machine.ts";
import { mayBeNull, readMember } from "./members.ts";
import { textOf } from "./modules.ts";
import { cellOf, definitionOf, isReassigned } from "./resolve.ts";
import { isConstructor, staticName, unwrap, type Node, type Variable } from "./syntax.ts";
import { typedValue } from "./typed.ts";
import { partsOf, unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** Gives a name its value. */
export function assignPattern(
  machine: Machine,
  pattern: Node,
  value: Value,
  world: World,
  source?: Node,
): readonly World[] {
  const target = unwrap(pattern);
  switch (target.type) {
    case AST_NODE_TYPES.Identifier:
      return [assignVariable(machine, target, value, world, source)];
    case AST_NODE_TYPES.MemberExpression:
      return assignMember(machine, target, value, world);
    case AST_NODE_TYPES.ObjectPattern:
      return assignTyped(machine, target, value, world);
    case AST_NODE_TYPES.ArrayPattern: {
      if (mayBeNull(value)) machine.frame.addThrow(world);
      let worlds = iterate(machine, value, world);
      target.elements.forEach((element, index) => {
        if (element === null) return;
        const item = value.kind === "list" ? (value.items[index] ?? unknown) : unknown;
        worlds = worlds.flatMap((before) => assignPattern(machine, element, item, before));
      });
      return worlds;
    }
    case AST_NODE_TYPES.AssignmentPattern: {
      if (value.kind !== "unknown" && value.kind !== "nullish")
        return assignPattern(machine, target.left, value, world);
      const given = value.kind === "unknown" ? assignPattern(machine, target.left, value, world) : [];
      const fallback = machine.evaluate(target.right, world);
      if (value.kind === "unknown" && fallback.every((outcome) => outcome.value.kind === "unknown"))
        return given;
      return [
        ...given,
        ...fallback.flatMap((outcome) => assignPattern(machine, target.left, outcome.value, outcome.world)),
      ];
    }
    case AST_NODE_TYPES.RestElement:
      return assignPattern(machine, target.argument, value, world);
    case AST_NODE_TYPES.TSParameterProperty:
      return assignParameterProperty(machine, target, value, world);
    default:
      return [world];
  }
}

function assignVariable(
  machine: Machine,
  target: TSESTree.Identifier,
  value: Value,
  world: World,
  source: Node | undefined,
): World {
  const variable = machine.scope.variableOf(target);
  if (variable === undefined) return escapeValue(machine, value, target, world);
  const known = value.kind === "unknown" ? (annotated(machine, variable, target, value) ?? value) : value;
  const brought = value.kind === "unknown" ? holdAll(known, world) : world;
  const after = isOuter(machine, variable) ? handOver(known, brought) : brought;
  if (isOuter(machine, variable)) machine.store(cellOf(variable), known, after);
  return after.bind(cellOf(variable), memorable(machine, variable, known, { target, source, world }));
}

/** What a binding remembers: nothing of the values that cannot matter, so that worlds stay few. */
function memorable(
  machine: Machine,
  variable: Variable,
  value: Value,
  given: { readonly target: Node; readonly source: Node | undefined; readonly world: World },
): Value | undefined {
  if (!machine.remembers(variable)) return undefined;
  const { target, source, world } = given;
  switch (value.kind) {
    case "unknown": {
      const isOne = !isReassigned(variable);
      if (isOne && value.isObject === true) return value;
      const named = value.file ?? (source === undefined ? undefined : fileOf(machine, source, value, world));
      const file = isOne ? named : assignedFile(machine, variable, target, named, source);
      return file === undefined
        ? undefined
        : { kind: "unknown", file: callLike(file, variable.name, machine.vocabulary.fileNames) };
    }
    case "nullish":
      return value.isLock === true || machine.matters(variable) ? value : undefined;
    default:
      return value;
  }
}

function annotated(
  machine: Machine,
  variable: Variable,
  target: TSESTree.Identifier,
  value: Extract<Value, { kind: "unknown" }>,
): Value | undefined {
  const [name] = variable.identifiers;
  const annotation = name?.type === AST_NODE_TYPES.Identifier ? name.typeAnnotation : undefined;
  return typedValue(machine, annotation, target, "given", value.file);
}

function assignTyped(
  machine: Machine,
  target: TSESTree.ObjectPattern,
  value: Value,
  world: World,
): readonly World[] {
  const typed =
    value.kind === "unknown"
      ? typedValue(machine, target.typeAnnotation, target, "given", value.file)
      : undefined;
  if (typed === undefined) return assignProperties(machine, target, value, world);
  return assignProperties(machine, target, typed, holdAll(typed, world));
}

/** A handle that a type promises is a lock that somebody else holds. */
function holdAll(value: Value, world: World): World {
  let after = world;
  for (const part of partsOf(value)) if (part.kind === "lock") after = after.hold(part);
  return after;
}

/** True for a variable of a function around the one that runs: it outlives the activation. */
function isOuter(machine: Machine, variable: Variable): boolean {
  const definition = definitionOf(variable);
  return definition.kind === "variable" && variable.scope.variableScope.block !== machine.activation.node;
}

/** A lock that is stored where others find it is theirs to release. */
function handOver(value: Value, world: World): World {
  return value.kind === "lock" ? world.transfer(value, undefined) : world;
}

function assignProperties(
  machine: Machine,
  target: TSESTree.ObjectPattern,
  value: Value,
  world: World,
): readonly World[] {
  if (mayBeNull(value)) machine.frame.addThrow(world);
  let worlds: readonly World[] = [world];
  for (const property of target.properties) {
    worlds = worlds.flatMap((before) => {
      if (property.type === AST_NODE_TYPES.RestElement)
        return assignPattern(machine, property.argument, unknown, before);
      const name = staticName(property.key, property.computed) ?? textOf(machine, property.key);
      const read =
        readGetter(machine, value, name, property, before) ??
        one(before, readMember(machine, value, name, property, before));
      return read.flatMap((outcome) => assignPattern(machine, property.value, outcome.value, outcome.world));
    });
  }
  return worlds;
}

function assignParameterProperty(
  machine: Machine,
  target: TSESTree.TSParameterProperty,
  value: Value,
  world: World,
): readonly World[] {
  const { parameter } = target;
  const self = machine.activation.self;
  return assignPattern(machine, parameter, value, world).map((before) => {
    const name = parameter.type === AST_NODE_TYPES.AssignmentPattern ? parameter.left : parameter;
    if (self?.kind !== "instance") return before;
    const variable = machine.scope.variableOf(name);
    const stored = variable === undefined ? undefined : before.bindings.get(cellOf(variable));
    const kept = stored === undefined ? before : handOver(stored, before);
    return kept.bind(fieldCell(self.node, name.name), asField(stored));
  });
}

function asField(value: Value | undefined): Value | undefined {
  return value?.kind === "manager" && value.origin === "given" ? { ...value, origin: "field" } : value;
}

function assignMember(
  machine: Machine,
  target: TSESTree.MemberExpression,
  value: Value,
  world: World,
): readonly World[] {
  const name = staticName(target.property, target.computed);
  return andThen(machine.evaluate(target.object, world), (before, receiver): readonly Outcome[] => {
    if (mayBeNull(receiver)) machine.frame.addThrow(before);
    const after = handOver(value, before);
    // Who goes through what a field holds, and when, is not known.
    iterateUnseen(machine, value, after);
    if ((receiver.kind === "instance" || receiver.kind === "class") && name !== undefined) {
      const isOwn = receiver.kind === "instance";
      const cell = isOwn ? fieldCell(receiver.node, name) : staticCell(receiver.node, name);
      // What a constructor stores is there whenever a method runs.
      if (!isConstructor(machine.activation.node)) machine.store(cell, value, after);
      return [{ world: after.bind(cell, asField(value)), value }];
    }
    const variable =
      target.object.type === AST_NODE_TYPES.Identifier ? machine.scope.variableOf(target.object) : undefined;
    if (receiver.kind === "object" && name !== undefined && variable !== undefined) {
      const fields = new Map(receiver.fields).set(name, value);
      return [{ world: after.bind(cellOf(variable), { ...receiver, fields }), value }];
    }
    // A method that is put back where it came from goes nowhere.
    if (receiver.kind === "manager" && value.kind === "method") return [{ world: after, value }];
    return [{ world: escapeValue(machine, value, target, after), value }];
  }).map((outcome) => outcome.world);
}
