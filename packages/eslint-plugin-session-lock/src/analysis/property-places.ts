import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Node } from "./syntax.ts";
import { findLeaves, type Tree } from "./words.ts";

/** A place where a name stands. */
export interface PropertyPlace {
  readonly parent: Node;
  /** True if it is the name of a property there: of one that is read, written or defined. */
  readonly isKey: boolean;
}

/** Where the file names a property, and where the same word stands for something else. */
export function placesOfProperty(tree: Tree, name: string): readonly PropertyPlace[] {
  const plain = name.replace(/^#/, "");
  return findLeaves(tree, [plain]).flatMap((leaf) => {
    const key = leaf.parent?.type === AST_NODE_TYPES.TemplateLiteral ? leaf.parent : leaf;
    const { parent } = key;
    if (parent === undefined || textOf(leaf) !== plain) return [];
    const isKey =
      ("key" in parent && parent.key === key) || ("property" in parent && parent.property === key);
    return [{ parent, isKey }];
  });
}

/** True if the place gives the property a value. */
export function isDefinition({ parent, isKey }: PropertyPlace): boolean {
  if (!isKey) return false;
  if (parent.type === AST_NODE_TYPES.MemberExpression) {
    return parent.parent.type === AST_NODE_TYPES.AssignmentExpression && parent.parent.left === parent;
  }
  return parent.type !== AST_NODE_TYPES.Property || parent.parent.type === AST_NODE_TYPES.ObjectExpression;
}

/** True in `constructor(private name: string)`, which is a parameter and a field. */
export function isParameterProperty(node: Node): boolean {
  return (
    node.type === AST_NODE_TYPES.TSParameterProperty ||
    node.parent?.type === AST_NODE_TYPES.TSParameterProperty
  );
}

/** True where what stands in it is given a value that is not written beside it. */
export function isPattern(node: Node): boolean {
  return (
    node.type === AST_NODE_TYPES.ArrayPattern ||
    node.type === AST_NODE_TYPES.ForOfStatement ||
    (node.type === AST_NODE_TYPES.Property && node.parent.type === AST_NODE_TYPES.ObjectPattern)
  );
}

function textOf(leaf: Node): string {
  switch (leaf.type) {
    case AST_NODE_TYPES.Identifier:
    case AST_NODE_TYPES.PrivateIdentifier:
      return leaf.name;
    case AST_NODE_TYPES.TemplateElement:
      return leaf.value.raw;
    case AST_NODE_TYPES.Literal:
      return String(leaf.value);
    default:
      return "";
  }
}
