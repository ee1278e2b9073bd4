import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import type { Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import { runFunction } from "./invoke.ts";
import { passArguments } from "./unknown-calls.ts";
import { capture, one, type Machine } from "./machine.ts";
import { fieldCell, staticCell } from "./field-cells.ts";
import { lineOf, parentClass } from "./subclasses.ts";
import { isField, staticName, type Field, type ClassNode, type FunctionNode } from "./syntax.ts";
import { unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";
import { meet } from "./worlds.ts";

/** Runs what a class runs when it is defined: its superclass expression, computed keys, static fields and blocks. */
export function declareClass(machine: Machine, node: ClassNode, world: World): readonly World[] {
  machine.created.add(node);
  let worlds: readonly World[] = [world];
  const run = (part: TSESTree.Node): void => {
    worlds = meet(worlds.flatMap((before) => machine.evaluate(part, before).map((outcome) => outcome.world)));
  };
  if (node.superClass !== null) run(node.superClass);
  for (const member of node.body.body) {
    if ("computed" in member && member.computed) run(member.key);
    if (member.type === AST_NODE_TYPES.StaticBlock) {
      worlds = meet(
        worlds.flatMap((before) =>
          withSelf(machine, { kind: "class", node }, () => machine.execute(member, before)),
        ),
      );
    }
    if (isField(member) && member.static) {
      worlds = meet(worlds.flatMap((before) => initializeField(machine, member, node, before)));
    }
  }
  return worlds;
}

export function evaluateClass(machine: Machine, node: ClassNode, world: World): readonly Outcome[] {
  return declareClass(machine, node, world).map((after) => ({
    world: after,
    value: { kind: "class", node },
  }));
}

/** `new C(…)` for a class of this file: field initialisers, then the constructor, its own or the one that it inherits. */
export function constructClass(
  machine: Machine,
  call: Call,
  node: ClassNode,
  world: World,
): readonly Outcome[] {
  // What a class of this file runs is run below, and throws what it throws.
  if (node.superClass !== null) machine.frame.addThrow(world);
  return initializeFields(machine, node, world).flatMap((before) =>
    runConstructor(machine, call, node, { kind: "instance", node }, before),
  );
}

/** `super(…)`: what the constructor of a class of this file does to an instance of one derived from it. */
export function constructSuper(machine: Machine, call: Call, world: World): readonly Outcome[] {
  const { self } = machine.activation;
  const parent = parentClass(machine, call.node, world);
  if (self?.kind !== "instance" || parent === undefined) return one(world);
  return runConstructor(machine, call, parent, self, world);
}

function runConstructor(
  machine: Machine,
  call: Call,
  node: ClassNode,
  self: Value,
  world: World,
): readonly Outcome[] {
  const { activation } = machine;
  const constructor = constructorOf(machine, node, world);
  if (constructor === undefined || activation.running.includes(constructor) || machine.budget <= 0)
    return one(passArguments(machine, call, world), self);
  const inner = {
    key: [...activation.running, constructor].map(({ range }) => range[0]).join(">"),
    node: constructor,
    self,
    calls: [...activation.calls, call.node],
    running: [...activation.running, constructor],
    callback: activation.callback,
  };
  const { returns, throws } = runFunction(machine, constructor, inner, call.args, world, activation.key);
  for (const thrown of throws) machine.frame.addThrow(thrown);
  return returns.map((outcome) => ({ world: outcome.world, value: self }));
}

/** The worlds in which the methods of a class run, when nobody saw an instance being made. */
export function worldsOfInstance(machine: Machine, node: ClassNode, world: World): readonly World[] {
  const { result } = capture(machine, () => initializeFields(machine, node, world));
  const constructor = constructorOf(machine, node, world);
  if (constructor === undefined) return result;
  return meet(
    result.flatMap((before) => {
      const inner = {
        key: String(constructor.range[0]),
        node: constructor,
        self: { kind: "instance", node } as const,
        calls: [],
        running: [constructor],
        callback: undefined,
      };
      const { returns } = runFunction(machine, constructor, inner, [], before, undefined);
      return returns.map((outcome) => outcome.world);
    }),
  );
}

function initializeFields(machine: Machine, node: ClassNode, world: World): readonly World[] {
  machine.instantiated.add(node);
  let worlds: readonly World[] = [world];
  // Those of the class that it is derived from come first.
  const line = lineOf(machine, node, world).toReversed();
  for (const member of line.flatMap(({ body }) => body.body)) {
    if (!isField(member) || member.static) continue;
    worlds = meet(worlds.flatMap((before) => initializeField(machine, member, node, before)));
  }
  return worlds;
}

function initializeField(machine: Machine, field: Field, node: ClassNode, world: World): readonly World[] {
  const { value, key, computed } = field;
  if (value === null) return [world];
  const name = staticName(key, computed);
  const kind = field.static ? "class" : "instance";
  return withSelf(machine, { kind, node }, () => machine.evaluate(value, world)).map((outcome) => {
    if (name === undefined || outcome.value === unknown) return outcome.world;
    const cell = field.static ? staticCell(node, name) : fieldCell(node, name);
    return outcome.world.bind(cell, outcome.value);
  });
}

function constructorOf(machine: Machine, node: ClassNode, world: World): FunctionNode | undefined {
  for (const member of lineOf(machine, node, world).flatMap(({ body }) => body.body)) {
    if (member.type !== AST_NODE_TYPES.MethodDefinition || member.kind !== "constructor") continue;
    // What has no body is an overload.
    if (member.value.type === AST_NODE_TYPES.FunctionExpression) return member.value;
  }
  return undefined;
}

function withSelf<T>(machine: Machine, self: Value, run: () => T): T {
  const outer = machine.activation;
  machine.activation = { ...outer, self };
  try {
    return run();
  } finally {
    machine.activation = outer;
  }
}
