import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { isClass, parentOf, staticName, type ClassNode, type Node } from "./syntax.ts";
import { forEachChild, type Tree } from "./words.ts";

/** What methods stand in whose `this` has its other members. */
export type MemberOwner = ClassNode | TSESTree.ObjectExpression;

/** What relevance knows of a class or an object: the members it follows, and where they are used. */
export interface Members {
  readonly followed: Set<string>;
  /** Where `this.name` or `Class.name` stands, by name. */
  readonly uses: ReadonlyMap<string, readonly Node[]>;
}

/** An object as long as this is a table of the modules in a bundle. */
const bundleLength = 100_000;

/**
 * The places in a class that read or write a member of the instance, or of the class by its own name; `const self = this`
 * and `const { name } = this` lead to it as well.
 */
export function usesOfThis(tree: Tree, owner: MemberOwner): ReadonlyMap<string, readonly Node[]> {
  const uses = new Map<string, Node[]>();
  const names = new Set(isClass(owner) && owner.id !== null ? [owner.id.name] : []);
  if (isClass(owner)) walk(owner.body);
  else if (owner.range[1] - owner.range[0] < bundleLength) walk(owner);
  return uses;

  function isOwn(node: Node): boolean {
    if (node.type === AST_NODE_TYPES.ThisExpression) return true;
    return node.type === AST_NODE_TYPES.Identifier && names.has(node.name);
  }

  function add(name: string | undefined, node: Node): void {
    const known = name === undefined ? undefined : uses.get(name);
    if (known !== undefined) known.push(node);
    else if (name !== undefined) uses.set(name, [node]);
  }

  function take(pattern: Node): void {
    if (pattern.type === AST_NODE_TYPES.Identifier) names.add(pattern.name);
    if (pattern.type !== AST_NODE_TYPES.ObjectPattern) return;
    for (const property of pattern.properties)
      if (property.type === AST_NODE_TYPES.Property)
        add(staticName(property.key, property.computed), property);
  }

  function walk(node: Node): void {
    if (node.type === AST_NODE_TYPES.MemberExpression && isOwn(node.object))
      add(staticName(node.property, node.computed), node);
    if (node.type === AST_NODE_TYPES.VariableDeclarator && node.init !== null && isOwn(node.init))
      take(node.id);
    forEachChild(tree, node, walk);
  }
}

/** The member of a class that a node defines or assigns: a method it is, a field it initialises, `this.name = …`. */
export function memberOf(
  node: Node,
  isInside: boolean,
): { readonly owner: MemberOwner; readonly name: string } | undefined {
  switch (node.type) {
    case AST_NODE_TYPES.MethodDefinition:
    case AST_NODE_TYPES.PropertyDefinition:
    case AST_NODE_TYPES.AccessorProperty:
    case AST_NODE_TYPES.TSAbstractMethodDefinition: {
      const name = staticName(node.key, node.computed);
      return name === undefined ? undefined : { owner: node.parent.parent, name };
    }
    case AST_NODE_TYPES.Property: {
      const name = staticName(node.key, node.computed);
      const owner = node.parent;
      return name === undefined || owner.type !== AST_NODE_TYPES.ObjectExpression
        ? undefined
        : { owner, name };
    }
    case AST_NODE_TYPES.TSParameterProperty: {
      const { parameter } = node;
      const name = parameter.type === AST_NODE_TYPES.AssignmentPattern ? parameter.left : parameter;
      const owner = classAround(node);
      return owner === undefined ? undefined : { owner, name: name.name };
    }
    case AST_NODE_TYPES.AssignmentExpression: {
      const { left } = node;
      if (!isInside || left.type !== AST_NODE_TYPES.MemberExpression) return undefined;
      const owner = left.object.type === AST_NODE_TYPES.ThisExpression ? classAround(node) : undefined;
      const name = staticName(left.property, left.computed);
      return owner === undefined || name === undefined ? undefined : { owner, name };
    }
    default:
      return undefined;
  }
}

/** The innermost class that a node stands in. */
export function classAround(node: Node): ClassNode | undefined {
  let current = parentOf(node);
  while (current !== undefined && !isClass(current)) current = parentOf(current);
  return current;
}
