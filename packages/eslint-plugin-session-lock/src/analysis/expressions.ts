import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { functionValue, literalValue, readVariable } from "./atoms.ts";
import { awaitValue, isSleep, noteSlow } from "./await.ts";
import { callOfTag } from "./tagged-templates.ts";
import { markAwaited } from "./awaited-calls.ts";
import { evaluateCall, evaluateNew } from "./calls.ts";
import { evaluateClass } from "./classes.ts";
import { branch } from "./conditions.ts";
import { escapeValue } from "./escape.ts";
import { fileOfValue } from "./files.ts";
import type { Outcome } from "./frame.ts";
import { iterate } from "./generators.ts";
import { readGetter } from "./getters.ts";
import { discard } from "./lock-effects.ts";
import { evaluateAll, one, andThen, type Machine } from "./machine.ts";
import { mayBeNull, readMember } from "./members.ts";
import { moduleOf, textOf } from "./modules.ts";
import { evaluateObject } from "./object-literals.ts";
import { readAny } from "./object-members.ts";
import { blend, evaluateAssignment, evaluateLogical } from "./operators.ts";
import { findManager } from "./receivers.ts";
import { staticName, type Node } from "./syntax.ts";
import { readSuper } from "./subclasses.ts";
import { evaluateSum, evaluateTemplate } from "./texts.ts";
import { readType } from "./typed.ts";
import { readTest, truthOf } from "./value-tests.ts";
import { nullish, someObject, unknown, type Value } from "./values.ts";
import { childrenOf } from "./words.ts";
import type { World } from "./world.ts";

/** A literal with more fields than this is a table: what is in it is not followed. */
const maxFields = 64;

interface NamedWay {
  readonly name: string | undefined;
  readonly world: World;
}

/** Evaluates an expression in one world; each outcome is one way it can end. Throws go to the frame. */
export function evaluateExpression(machine: Machine, node: Node, world: World): readonly Outcome[] {
  switch (node.type) {
    case AST_NODE_TYPES.Identifier:
      return one(world, readVariable(machine, node, world));
    case AST_NODE_TYPES.Literal:
      return one(world, literalValue(node));
    case AST_NODE_TYPES.TemplateLiteral:
      return evaluateTemplate(machine, node, world);
    case AST_NODE_TYPES.ThisExpression:
      return one(
        world,
        machine.activation.self ?? {
          kind: "unknown",
          file: { kind: "path", root: "this", properties: [], given: true },
        },
      );
    case AST_NODE_TYPES.Super:
      return one(world, readSuper(machine, node, world));
    case AST_NODE_TYPES.FunctionExpression:
    case AST_NODE_TYPES.ArrowFunctionExpression:
      return one(world, functionValue(machine, node));
    case AST_NODE_TYPES.ClassExpression:
      return evaluateClass(machine, node, world);
    case AST_NODE_TYPES.ChainExpression:
      return machine
        .evaluate(node.expression, world)
        .map(({ world: after, value }) => ({ world: after, value }));
    case AST_NODE_TYPES.MemberExpression:
      return evaluateMember(machine, node, world);
    case AST_NODE_TYPES.CallExpression:
      return evaluateCall(machine, node, world);
    case AST_NODE_TYPES.NewExpression:
      return evaluateNew(machine, node, world);
    case AST_NODE_TYPES.AwaitExpression:
      markAwaited(machine, node.argument);
      if (isSleep(node.argument)) noteSlow(machine, node.argument, "setTimeout", world);
      return andThen(machine.evaluate(node.argument, world), (before, value) =>
        awaitValue(machine, node, value, before),
      );
    case AST_NODE_TYPES.ConditionalExpression: {
      const { whenTrue, whenFalse } = branch(machine, node.test, world);
      return blend([
        ...whenTrue.flatMap((taken) => machine.evaluate(node.consequent, taken)),
        ...whenFalse.flatMap((taken) => machine.evaluate(node.alternate, taken)),
      ]);
    }
    case AST_NODE_TYPES.LogicalExpression:
      return evaluateLogical(machine, node, world);
    case AST_NODE_TYPES.AssignmentExpression:
      return evaluateAssignment(machine, node, world);
    case AST_NODE_TYPES.BinaryExpression:
      return node.operator === "+"
        ? evaluateSum(machine, node, world)
        : evaluateComparison(machine, node, world);
    case AST_NODE_TYPES.SequenceExpression:
      return evaluateAll(machine, node.expressions, world).map(({ world: after, values }) => ({
        world: after,
        value: values.at(-1) ?? unknown,
      }));
    case AST_NODE_TYPES.UnaryExpression:
      return andThen(machine.evaluate(node.argument, world), (after, value) => {
        if (node.operator === "!") return one(after, answered(truthOf(value), true));
        return node.operator === "void" ? one(discard(machine, value, after, true), nullish) : one(after);
      });
    case AST_NODE_TYPES.TSAsExpression:
    case AST_NODE_TYPES.TSTypeAssertion:
      return andThen(machine.evaluate(node.expression, world), (after, value) => {
        if (value.kind !== "unknown" && value.kind !== "global") return one(after, value);
        return one(after, readType(machine, node.typeAnnotation, node, "given", fileOfValue(value)) ?? value);
      });
    case AST_NODE_TYPES.TSNonNullExpression:
    case AST_NODE_TYPES.TSSatisfiesExpression:
    case AST_NODE_TYPES.TSInstantiationExpression:
      return machine.evaluate(node.expression, world);
    case AST_NODE_TYPES.ArrayExpression: {
      if (node.elements.length === 0) return one(world, someObject);
      if (node.elements.length > maxFields) return evaluateChildren(machine, node, world);
      const elements = node.elements.filter((element) => element !== null);
      return evaluateAll(machine, elements, world).map(({ world: after, values }) => ({
        world: after,
        value: { kind: "list", items: values },
      }));
    }
    case AST_NODE_TYPES.ObjectExpression:
      if (node.properties.length > maxFields) return evaluateChildren(machine, node, world);
      return evaluateObject(machine, node, world);
    case AST_NODE_TYPES.SpreadElement:
      return andThen(machine.evaluate(node.argument, world), (after, value) => {
        if (mayBeNull(value)) machine.frame.addThrow(after);
        const items = value.kind === "generator" ? unknown : value;
        return iterate(machine, value, after).flatMap((next) => one(next, items));
      });
    case AST_NODE_TYPES.YieldExpression:
      return evaluateYield(machine, node, world);
    case AST_NODE_TYPES.TaggedTemplateExpression:
      return evaluateCall(machine, callOfTag(node), world);
    case AST_NODE_TYPES.ImportExpression:
      return andThen(machine.evaluate(node.source, world), (after) => {
        machine.frame.addThrow(after);
        const result = moduleOf(machine, node.source) ?? unknown;
        return one(after, { kind: "promise", result, work: [], isCertain: true });
      });
    default:
      return evaluateChildren(machine, node, world);
  }
}

function evaluateMember(machine: Machine, node: TSESTree.MemberExpression, world: World): readonly Outcome[] {
  return andThen(machine.evaluate(node.object, world), (before, receiver) => {
    if (receiver.kind === "nullish") {
      if (node.optional) return [{ world: before, value: nullish, short: true }];
      machine.frame.addThrow(before);
      return [];
    }
    if (!node.optional && mayBeNull(receiver)) machine.frame.addThrow(before);
    return namesIn(machine, node.property, node.computed, before).flatMap(({ name, world: after }) => {
      const any = name === undefined && receiver.kind === "object" ? readAny(receiver) : undefined;
      if (any !== undefined) return any.map((value) => ({ world: after, value }));
      const owner = findManager(machine, receiver, node.object, name) ?? receiver;
      return (
        readGetter(machine, receiver, name, node, after) ??
        one(after, readMember(machine, owner, name, node.property, after))
      );
    });
  });
}

/** The names that a property may have, each in the worlds where it has that one. */
function namesIn(machine: Machine, key: Node, isComputed: boolean, world: World): readonly NamedWay[] {
  const name = staticName(key, isComputed) ?? textOf(machine, key);
  if (!isComputed || name !== undefined) return [{ name, world }];
  if (key.type !== AST_NODE_TYPES.ConditionalExpression)
    return machine.evaluate(key, world).map((outcome) => ({ name, world: outcome.world }));
  const { whenTrue, whenFalse } = branch(machine, key.test, world);
  return [
    ...whenTrue.flatMap((taken) => namesIn(machine, key.consequent, true, taken)),
    ...whenFalse.flatMap((taken) => namesIn(machine, key.alternate, true, taken)),
  ];
}

/** `lock !== undefined` is remembered by the flag that is given it, where the value says it. */
function evaluateComparison(
  machine: Machine,
  node: TSESTree.BinaryExpression,
  world: World,
): readonly Outcome[] {
  const test = readTest(node);
  if (test === undefined) return evaluateChildren(machine, node, world);
  return andThen(machine.evaluate(test.operand, world), (after, value) =>
    one(after, answered(test.answer(value))),
  );
}

function answered(truth: boolean | undefined, isNegated = false): Value {
  return truth === undefined ? unknown : { kind: "boolean", value: truth !== isNegated };
}

/** A generator may be left at a `yield`: by an exception, or by `return()`, which runs its `finally` blocks. */
function evaluateYield(machine: Machine, node: TSESTree.YieldExpression, world: World): readonly Outcome[] {
  const outcomes = node.argument === null ? one(world) : machine.evaluate(node.argument, world);
  return outcomes.flatMap(({ world: before, value }) => {
    const delegated = node.delegate
      ? iterate(machine, value, before)
      : [escapeValue(machine, value, node, before)];
    return delegated.flatMap((after) => {
      machine.frame.addThrow(after);
      machine.frame.addReturn({ world: after, value: unknown });
      return one(after);
    });
  });
}

/** Any other expression: its parts in order; what is code in them is out of our sight. */
function evaluateChildren(machine: Machine, node: Node, world: World): readonly Outcome[] {
  const children = childrenOf(machine, node);
  return evaluateAll(machine, children, world).map(({ world: after, values }) => ({
    world: values.reduce((before, value) => escapeValue(machine, value, node, before), after),
    value: unknown,
  }));
}
