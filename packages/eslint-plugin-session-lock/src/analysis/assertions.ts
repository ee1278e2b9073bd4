import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { branch } from "./conditions.ts";
import type { Outcome } from "./frame.ts";
import { evaluateAll, one, type Machine } from "./machine.ts";
import type { FunctionNode } from "./syntax.ts";
import type { Value } from "./values.ts";
import type { World } from "./world.ts";

/** The index of the argument that must be true, or the call throws; `undefined` if it says nothing of the kind. */
export function assertedBy(machine: Machine, callee: Value): number | undefined {
  switch (callee.kind) {
    // Node's `assert` is a function and a module.
    case "module":
      return /^(?:node:)?assert(?:\/strict)?$/.test(callee.from) ? 0 : undefined;
    case "global":
      return /^(?:node:)?assert(?:\/strict)?:(?:strict|(?:strict\.)?ok)$/.test(callee.name) ? 0 : undefined;
    case "function":
      return machine.isRelevant(callee.node) ? undefined : assertedParameter(callee.node);
    default:
      return undefined;
  }
}

/** `function invariant(condition: unknown): asserts condition`. */
function assertedParameter({ params, returnType }: FunctionNode): number | undefined {
  const type = returnType?.typeAnnotation;
  if (type?.type !== AST_NODE_TYPES.TSTypePredicate || !type.asserts || type.typeAnnotation !== null)
    return undefined;
  const { parameterName } = type;
  const index = params.findIndex(
    (parameter) =>
      parameter.type === AST_NODE_TYPES.Identifier &&
      parameterName.type === AST_NODE_TYPES.Identifier &&
      parameter.name === parameterName.name,
  );
  return index === -1 ? undefined : index;
}

/** `assert(condition, message)`: code goes on where the condition is true. */
export function assertCondition(
  machine: Machine,
  node: TSESTree.CallExpression,
  index: number,
  world: World,
): readonly Outcome[] {
  const condition = node.arguments[index];
  if (condition === undefined) return one(world);
  const others = node.arguments.filter((argument) => argument !== condition);
  const { whenTrue, whenFalse } = branch(machine, condition, world);
  for (const refused of whenFalse) machine.frame.addThrow(refused);
  return whenTrue.flatMap((before) => evaluateAll(machine, others, before).flatMap((end) => one(end.world)));
}
