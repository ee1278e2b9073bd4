import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { nameOf } from "./reach.ts";
import type { ScopeIndex } from "./resolve.ts";
import { isClass, isField, type ClassNode, type Field, type FunctionNode } from "./syntax.ts";

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

/** A function that other code of the file calls by its name: it is run where it is called. */
export function isNamed(scope: ScopeIndex, node: FunctionNode): boolean {
  const name = nameOf(node);
  const variable = name === undefined ? undefined : scope.variableOf(name);
  return variable?.references.some((reference) => reference.isRead()) ?? false;
}

/** The class that has the function as a member, of its instances or of its own. */
export function classOf(node: FunctionNode): ClassNode | undefined {
  return memberOf(node)?.parent.parent;
}

/** True for a member of the class itself. */
export function isStatic(node: FunctionNode): boolean {
  return memberOf(node)?.static === true;
}

function isPrivate(node: FunctionNode): boolean {
  const member = memberOf(node);
  return member?.key.type === AST_NODE_TYPES.PrivateIdentifier || member?.accessibility === "private";
}

function memberOf({ parent }: FunctionNode): TSESTree.MethodDefinition | Field | undefined {
  return parent.type === AST_NODE_TYPES.MethodDefinition || isField(parent) ? parent : undefined;
}
