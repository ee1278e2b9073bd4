import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { nameOf } from "./reach.ts";
import type { ScopeIndex } from "./resolve.ts";
import { isClass, type ClassNode, type FunctionNode } from "./syntax.ts";

/** True if code outside the file may call the function, besides the calls in the file. */
export function isReachable(
  scope: ScopeIndex,
  node: FunctionNode,
  openClasses: ReadonlySet<ClassNode>,
): boolean {
  const owner = classOf(node);
  if (owner !== undefined) return !isPrivate(node) && (openClasses.has(owner) || isExported(scope, owner));
  return isExported(scope, node);
}

export function isExported(scope: ScopeIndex, node: FunctionNode | ClassNode): boolean {
  const { parent } = node;
  if (
    parent.type === AST_NODE_TYPES.ExportNamedDeclaration ||
    parent.type === AST_NODE_TYPES.ExportDefaultDeclaration
  )
    return true;
  if (
    parent.type === AST_NODE_TYPES.VariableDeclarator &&
    parent.parent.parent.type === AST_NODE_TYPES.ExportNamedDeclaration
  )
    return true;
  const name = isClass(node) ? node.id : nameOf(node);
  const variable = name === undefined || name === null ? undefined : scope.variableOf(name);
  return (
    variable?.references.some(({ identifier }) => {
      const use = identifier.parent.type;
      return use === AST_NODE_TYPES.ExportSpecifier || use === AST_NODE_TYPES.ExportDefaultDeclaration;
    }) ?? false
  );
}

/** The class whose instances have the function as a member. */
export function classOf(node: FunctionNode): ClassNode | undefined {
  const { parent } = node;
  if (parent.type !== AST_NODE_TYPES.MethodDefinition && parent.type !== AST_NODE_TYPES.PropertyDefinition)
    return undefined;
  return parent.static ? undefined : parent.parent.parent;
}

function isPrivate({ parent }: FunctionNode): boolean {
  if (parent.type !== AST_NODE_TYPES.MethodDefinition && parent.type !== AST_NODE_TYPES.PropertyDefinition)
    return false;
  return parent.key.type === AST_NODE_TYPES.PrivateIdentifier || parent.accessibility === "private";
}
