import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { textOfConstant, type ScopeIndex } from "./resolve.ts";
import { staticName, sumOperands, unwrap, type Node } from "./syntax.ts";

/** True if a path that ends like this is one of a session file: by its ending, or by what a variable is called. */
export function isSessionName(fileNames: readonly string[], end: string): boolean {
  return end.endsWith(".jsonl") || fileNames.includes(end);
}

/** How the value of a template ends: with a text, or with the value of an expression. */
export function endOfTemplate(node: TSESTree.TemplateLiteral): string | Node {
  for (let index = node.quasis.length - 1; index >= 0; index -= 1) {
    const text = node.quasis[index]?.value.raw ?? "";
    const before = index === 0 ? undefined : node.expressions[index - 1];
    if (text !== "" || before === undefined) return text;
    return before;
  }
  return "";
}

/** What an argument is called where it stands; a call of code we do not see takes its name for the path's. */
export function nameOfArgument(scope: ScopeIndex, argument: Node | undefined, depth = 0): string | undefined {
  if (argument === undefined) return undefined;
  const inner = unwrap(argument);
  switch (inner.type) {
    case AST_NODE_TYPES.Literal:
      return String(inner.value);
    case AST_NODE_TYPES.Identifier:
      return nameOfArgument(scope, textOfConstant(scope, inner, depth), depth + 1) ?? inner.name;
    case AST_NODE_TYPES.MemberExpression:
      return staticName(inner.property, inner.computed);
    case AST_NODE_TYPES.TemplateLiteral: {
      const end = endOfTemplate(inner);
      return typeof end === "string" ? end : nameOfArgument(scope, end, depth);
    }
    case AST_NODE_TYPES.CallExpression:
      return nameOfArgument(scope, inner.arguments.at(-1), depth);
    case AST_NODE_TYPES.BinaryExpression:
      if (inner.operator !== "+") return undefined;
      return nameOfArgument(scope, sumOperands(inner).at(-1), depth);
    default:
      return undefined;
  }
}
