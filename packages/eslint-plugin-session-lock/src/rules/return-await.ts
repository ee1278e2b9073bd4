import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint } from "@typescript-eslint/utils";
import { enclosingFunction, isFunction, parentOf, type Node } from "../analysis/syntax.ts";
import type { Fix, Suggest } from "./create-rule.ts";

/** `return p` becomes `return await p`: the same result, settled before the function's `finally` blocks. */
export const awaitReturned: Fix = ({ message, node }) => {
  if (message !== "outlives" || !isReturned(node) || !isAsync(node)) return undefined;
  return awaitBefore(node);
};

/** Awaits a call whose result nothing looks at. */
export const suggestAwait: Suggest = ({ node }, { sourceCode }) => {
  const fix = awaitDiscarded(node, sourceCode);
  return fix === undefined ? [] : [{ messageId: "addAwait", fix }];
};

function awaitBefore(node: Node): TSESLint.ReportFixFunction {
  return (fixer) => fixer.insertTextBefore(node, "await ");
}

function awaitDiscarded(
  node: Node,
  sourceCode: Readonly<TSESLint.SourceCode>,
): TSESLint.ReportFixFunction | undefined {
  const isAllowed = isFunction(enclosingFunction(node))
    ? isAsync(node)
    : sourceCode.ast.sourceType === "module";
  const parent = parentOf(node);
  if (!isAllowed || parent === undefined) return undefined;
  if (parent.type === AST_NODE_TYPES.ExpressionStatement) return awaitBefore(node);
  if (parent.type !== AST_NODE_TYPES.UnaryExpression || parent.operator !== "void") return undefined;
  return (fixer) => fixer.replaceTextRange([parent.range[0], node.range[0]], "await ");
}

function isAsync(node: Node): boolean {
  const owner = enclosingFunction(node);
  return isFunction(owner) && owner.async;
}

/** True if the node's value is what a `return` gives, perhaps by way of a condition. */
function isReturned(node: Node): boolean {
  let current = node;
  for (let parent = parentOf(node); parent !== undefined; parent = parentOf(parent)) {
    switch (parent.type) {
      case AST_NODE_TYPES.ReturnStatement:
        return true;
      case AST_NODE_TYPES.ConditionalExpression:
        if (parent.test === current) return false;
        break;
      case AST_NODE_TYPES.LogicalExpression:
        if (parent.right !== current) return false;
        break;
      case AST_NODE_TYPES.SequenceExpression:
        if (parent.expressions.at(-1) !== current) return false;
        break;
      case AST_NODE_TYPES.ChainExpression:
      case AST_NODE_TYPES.TSAsExpression:
      case AST_NODE_TYPES.TSSatisfiesExpression:
      case AST_NODE_TYPES.TSNonNullExpression:
        break;
      default:
        return false;
    }
    current = parent;
  }
  return false;
}
