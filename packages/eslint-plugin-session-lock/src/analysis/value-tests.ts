import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { unwrap, type Node } from "./syntax.ts";
import type { Value } from "./values.ts";

/** A condition that asks what kind of value something is. */
export interface ValueTest {
  readonly operand: Node;
  /** The answer for a value; `undefined` if its kind does not say. */
  readonly answer: (value: Value) => boolean | undefined;
}

/** `x == null`, `undefined !== x`, `typeof x === "object"` and the like. */
export function readTest(node: Node): ValueTest | undefined {
  if (node.type !== AST_NODE_TYPES.BinaryExpression || !["==", "===", "!=", "!=="].includes(node.operator))
    return undefined;
  const isEqual = node.operator.startsWith("=");
  const answerIf = (answer: ValueTest["answer"]): ValueTest["answer"] =>
    isEqual ? answer : (value) => negated(answer(value));
  for (const [operand, other] of [
    [unwrap(node.left), node.right],
    [unwrap(node.right), node.left],
  ] as const) {
    if (isNullLiteral(other)) return { operand, answer: answerIf(isNull) };
    const isTypeTest =
      operand.type === AST_NODE_TYPES.UnaryExpression &&
      operand.operator === "typeof" &&
      other.type === AST_NODE_TYPES.Literal;
    if (!isTypeTest) continue;
    return { operand: operand.argument, answer: answerIf((value) => hasType(value, other.value)) };
  }
  return undefined;
}

/** Whether the value is truthy, as far as its kind says. */
export function truthOf(value: Value): boolean | undefined {
  switch (value.kind) {
    case "nullish":
      return false;
    case "boolean":
      return value.value;
    case "unknown":
    case "global":
      return undefined;
    case "manager":
      return value.origin === "given" || value.origin === "field" ? undefined : true;
    case "promise":
      return value.isCertain ? true : undefined;
    default:
      return true;
  }
}

function isNullLiteral(node: Node): boolean {
  return (
    (node.type === AST_NODE_TYPES.Literal && node.value === null && node.raw === "null") ||
    (node.type === AST_NODE_TYPES.Identifier && node.name === "undefined")
  );
}

function isNull(value: Value): boolean | undefined {
  return value.kind === "boolean" ? false : negated(truthOf(value));
}

/** What is not there has no type but `undefined`: of `typeof null` nobody thinks who asks for an object. */
function hasType(value: Value, type: unknown): boolean | undefined {
  if (value.kind === "boolean") return type === "boolean";
  const truth = truthOf(value);
  if (truth === undefined) return undefined;
  if (!truth) return type === "undefined";
  return type === (functions.has(value.kind) ? "function" : "object");
}

const functions: ReadonlySet<Value["kind"]> = new Set(["api", "class", "function", "method", "release"]);

function negated(truth: boolean | undefined): boolean | undefined {
  return truth === undefined ? undefined : !truth;
}
