import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { isClass, isFunction, type FunctionNode, type Node } from "./syntax.ts";
import { forEachChild, type Tree } from "./words.ts";

/** The expressions that a function's calls give or yield. */
export function returnedBy(tree: Pick<Tree, "visitorKeys">, { body }: FunctionNode): readonly Node[] {
  if (body.type !== AST_NODE_TYPES.BlockStatement) return [body];
  const returned: Node[] = [];
  collect(body);
  return returned;

  function collect(node: Node): void {
    const isGiven =
      node.type === AST_NODE_TYPES.ReturnStatement || node.type === AST_NODE_TYPES.YieldExpression;
    if (isGiven && node.argument !== null) returned.push(node.argument);
    forEachChild(tree, node, (child) => {
      if (!isFunction(child) && !isClass(child)) collect(child);
    });
  }
}
