import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import type { Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import { runFunction } from "./invoke.ts";
import { passArguments } from "./unknown-calls.ts";
import { capture, one, type Machine } from "./machine.ts";
import { fieldCell, staticCell } from "./field-cells.ts";
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

/** `new C(…)` for a class of this file: field initialisers, then the constructor. */
export function constructClass(
  machine: Machine,
  call: Call,
  node: ClassNode,
  world: World,
): readonly Outcome[] {
  // What a class of this file runs is run below, and throws what it throws.
  if (node.superClass !== null) machine.frame.addThrow(world);
  const value: Value = { kind: "instance", node };
  const constructor = constructorOf(node);
  if (constructor === undefined || machine.activation.running.includes(constructor) || machine.budget <= 0) {
    return initializeFields(machine, node, world).flatMap((after) =>
      one(passArguments(machine, call, after), value),
    );
  }
  const { activation } = machine;
  return initializeFields(machine, node, world).flatMap((before) => {
    const inner = {
      key: [...activation.running, constructor].map(({ range }) => range[0]).join(">"),
      node: constructor,
      self: value,
      calls: [...activation.calls, call.node],
      running: [...activation.running, constructor],
      callback: activation.callback,
    };
    const { returns, throws } = runFunction(machine, constructor, inner, call.args, before, activation.key);
    for (const thrown of throws) machine.frame.addThrow(thrown);
    return returns.map((outcome) => ({ world: outcome.world, value }));
  });
}

/** The worlds in which the methods of a class run, when nobody saw an instance being made. */
export function worldsOfInstance(machine: Machine, node: ClassNode, world: World): readonly World[] {
  const { result } = capture(machine, () => initializeFields(machine, node, world));
  const constructor = constructorOf(node);
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
  for (const member of node.body.body) {
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

function constructorOf(node: ClassNode): FunctionNode | undefined {
  for (const member of node.body.body) {
    if (member.type === AST_NODE_TYPES.MethodDefinition && member.kind === "constructor") {
      return member.value.type === AST_NODE_TYPES.FunctionExpression ? member.value : undefined;
    }
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
