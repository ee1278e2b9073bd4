import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { escapeValue } from "./escape.ts";
import { fileKey, joinText, type FileRef } from "./file-ref.ts";
import { fileOfValue } from "./files.ts";
import type { Outcome } from "./frame.ts";
import { evaluateAll, type Machine } from "./machine.ts";
import { isReassigned } from "./resolve.ts";
import { sumOperands, type Node } from "./syntax.ts";
import { unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** What a text is made of is told apart up to this length; one that grows in a loop comes to an end. */
const maxKey = 200;

/** `` `${a}/b` `` */
export function evaluateTemplate(
  machine: Machine,
  node: TSESTree.TemplateLiteral,
  world: World,
): readonly Outcome[] {
  return evaluateAll(machine, node.expressions, world).map(({ world: after, values }) => {
    const parts = node.quasis.flatMap((quasi, index) => {
      const expression = node.expressions[index];
      const value = values[index];
      const hole =
        expression === undefined || value === undefined ? [] : [partOf(machine, expression, value)];
      return [quasi.value.cooked ?? quasi.value.raw, ...hole];
    });
    return { world: after, value: { kind: "unknown", file: joinText(parts) } };
  });
}

/** `a + "/b"`; without a text among the operands it may be a sum. */
export function evaluateSum(
  machine: Machine,
  node: TSESTree.BinaryExpression,
  world: World,
): readonly Outcome[] {
  const operands = sumOperands(node);
  return evaluateAll(machine, operands, world).map(({ world: after, values }) => {
    const parts = operands.map((operand, index) => partOf(machine, operand, values[index] ?? unknown));
    const hasText = operands.some((operand, index) =>
      operand.type === AST_NODE_TYPES.Literal
        ? typeof operand.value === "string"
        : parts[index]?.kind === "text",
    );
    return {
      world: values.reduce((before, value) => escapeValue(machine, value, node, before), after),
      value: hasText ? { kind: "unknown", file: joinText(parts) } : unknown,
    };
  });
}

function partOf(machine: Machine, node: Node, value: Value): FileRef {
  const file = fileOfValue(value);
  const isFixed = node.type === AST_NODE_TYPES.Literal;
  const isKept =
    file !== undefined &&
    (isFixed || ((file.kind === "path" || !isVariable(machine, node)) && fileKey(file).length <= maxKey));
  return isKept ? file : { kind: "call", callee: machine.textOf(node), inputs: [] };
}

/** True for a variable that code gives other values: its text may be one that it is put into itself. */
function isVariable(machine: Machine, node: Node): boolean {
  const variable = node.type === AST_NODE_TYPES.Identifier ? machine.scope.variableOf(node) : undefined;
  return variable !== undefined && isReassigned(variable);
}
