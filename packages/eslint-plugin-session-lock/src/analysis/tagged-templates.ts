import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";

/** Calls are told apart by their nodes, so that each template has one. */
const calls = new WeakMap<TSESTree.TaggedTemplateExpression, TSESTree.CallExpression>();

/** The call that a tagged template is: the tag gets the texts, then each value. */
export function callOfTag(node: TSESTree.TaggedTemplateExpression): TSESTree.CallExpression {
  const known = calls.get(node);
  if (known !== undefined) return known;
  const { tag, quasi, typeArguments, parent, range, loc } = node;
  const call: TSESTree.CallExpression = {
    type: AST_NODE_TYPES.CallExpression,
    callee: tag,
    arguments: [{ ...quasi, expressions: [] }, ...quasi.expressions],
    optional: false,
    typeArguments,
    parent,
    range,
    loc,
  };
  calls.set(node, call);
  return call;
}
