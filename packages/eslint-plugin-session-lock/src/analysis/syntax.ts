import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";

export type Node = TSESTree.Node;
export type Variable = TSESLint.Scope.Variable;
export type FunctionNode =
  TSESTree.FunctionDeclaration | TSESTree.FunctionExpression | TSESTree.ArrowFunctionExpression;
export type ClassNode = TSESTree.ClassDeclaration | TSESTree.ClassExpression;
export type Field = TSESTree.PropertyDefinition | TSESTree.AccessorProperty;

/** The operands of `a + b + c`, in their order. */
export function sumOperands(node: Node): readonly Node[] {
  const inner = unwrap(node);
  return inner.type === AST_NODE_TYPES.BinaryExpression && inner.operator === "+"
    ? [...sumOperands(inner.left), ...sumOperands(inner.right)]
    : [inner];
}

/** A name for the node that is the same in every path and every run over one file. */
export function nodeKey(node: Node): string {
  return `${node.range[0]}-${node.range[1]}`;
}

export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === AST_NODE_TYPES.FunctionDeclaration ||
    node.type === AST_NODE_TYPES.FunctionExpression ||
    node.type === AST_NODE_TYPES.ArrowFunctionExpression
  );
}

export function isClass(node: Node): node is ClassNode {
  return node.type === AST_NODE_TYPES.ClassDeclaration || node.type === AST_NODE_TYPES.ClassExpression;
}

/** `name = …` in a class, also with `accessor`. */
export function isField(node: Node): node is Field {
  return node.type === AST_NODE_TYPES.PropertyDefinition || node.type === AST_NODE_TYPES.AccessorProperty;
}

/** The property's name when it is written down: `a.b`, `a["b"]`, `a.#b`, `{ b }`, but not `a[b]`. */
export function staticName(key: Node, computed: boolean): string | undefined {
  if (key.type === AST_NODE_TYPES.PrivateIdentifier) return `#${key.name}`;
  if (!computed && key.type === AST_NODE_TYPES.Identifier) return key.name;
  if (
    key.type === AST_NODE_TYPES.Literal &&
    (typeof key.value === "string" || typeof key.value === "number")
  ) {
    return String(key.value);
  }
  if (isDispose(key)) return "[dispose]";
  if (key.type === AST_NODE_TYPES.TemplateLiteral && key.quasis.length === 1) return key.quasis[0]?.value.raw;
  return undefined;
}

/** `Symbol.dispose` or `Symbol.asyncDispose`. */
function isDispose(key: Node): boolean {
  return (
    key.type === AST_NODE_TYPES.MemberExpression &&
    key.object.type === AST_NODE_TYPES.Identifier &&
    key.object.name === "Symbol" &&
    key.property.type === AST_NODE_TYPES.Identifier &&
    (key.property.name === "dispose" || key.property.name === "asyncDispose")
  );
}

/** What stands inside wrappers that do not change the value: `(x as T)`, `x!`, `x satisfies T`, `x?.y` as a whole. */
export function unwrap(node: Node): Node {
  switch (node.type) {
    case AST_NODE_TYPES.TSAsExpression:
    case AST_NODE_TYPES.TSNonNullExpression:
    case AST_NODE_TYPES.TSSatisfiesExpression:
    case AST_NODE_TYPES.TSTypeAssertion:
    case AST_NODE_TYPES.TSInstantiationExpression:
    case AST_NODE_TYPES.ChainExpression:
      return unwrap(node.expression);
    default:
      return node;
  }
}

export function isConstructor({ parent }: Node): boolean {
  return parent?.type === AST_NODE_TYPES.MethodDefinition && parent.kind === "constructor";
}

/** The node around it; parsers differ in what they say of the program's. */
export function parentOf(node: Node): Node | undefined {
  const parent: Node | null | undefined = node.parent;
  return parent ?? undefined;
}

/** True if a node stands in another, or is it. */
export function isIn(node: Node, outer: Node): boolean {
  return node.range[0] >= outer.range[0] && node.range[1] <= outer.range[1];
}

/** The nearest function (or the program) that the node's code runs in. */
export function enclosingFunction(node: Node): Node {
  let current = parentOf(node);
  while (current !== undefined && !isFunction(current) && current.type !== AST_NODE_TYPES.Program)
    current = parentOf(current);
  return current ?? node;
}

/** The functions that the node stands in, the innermost first. */
export function functionsAround(node: Node): readonly FunctionNode[] {
  const around: FunctionNode[] = [];
  for (let outer = parentOf(node); outer !== undefined; outer = parentOf(outer)) {
    if (isFunction(outer)) around.push(outer);
  }
  return around;
}
