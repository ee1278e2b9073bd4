import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { textOfConstant, type ScopeIndex } from "./resolve.ts";
import { staticName, sumOperands, unwrap, type Node } from "./syntax.ts";

/** A method or function of this name gives the path of a session file, whatever it is called on. */
export const fileGetter = "getSessionFile";

/** True for `getSessionFile` and `anything.getSessionFile`. */
export function isFileGetter(callee: Node): boolean {
  const inner = unwrap(callee);
  if (inner.type === AST_NODE_TYPES.Identifier) return inner.name === fileGetter;
  return (
    inner.type === AST_NODE_TYPES.MemberExpression &&
    staticName(inner.property, inner.computed) === fileGetter
  );
}

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

/**
 * True if an argument, as it stands there, ends like a session file's path; a call of code we do not see takes its last
 * argument's name for the path's.
 */
export function namesSession(
  scope: ScopeIndex,
  fileNames: readonly string[],
  argument: Node | undefined,
  depth = 0,
): boolean {
  if (argument === undefined) return false;
  const inner = unwrap(argument);
  const ends = (end: string | Node | undefined, deeper = depth): boolean =>
    typeof end === "string" ? isSessionName(fileNames, end) : namesSession(scope, fileNames, end, deeper);
  switch (inner.type) {
    case AST_NODE_TYPES.Literal:
      return ends(String(inner.value));
    case AST_NODE_TYPES.Identifier:
      return ends(inner.name) || ends(textOfConstant(scope, inner, depth), depth + 1);
    case AST_NODE_TYPES.MemberExpression:
      return ends(staticName(inner.property, inner.computed));
    case AST_NODE_TYPES.TemplateLiteral:
      return ends(endOfTemplate(inner));
    case AST_NODE_TYPES.CallExpression:
      return isFileGetter(inner.callee) || ends(inner.arguments.at(-1));
    // `new URL(file, base)`: of other classes more is looked at than there need be.
    case AST_NODE_TYPES.NewExpression:
      return ends(inner.arguments[0]);
    case AST_NODE_TYPES.BinaryExpression:
      return inner.operator === "+" && ends(sumOperands(inner).at(-1));
    default:
      return false;
  }
}
