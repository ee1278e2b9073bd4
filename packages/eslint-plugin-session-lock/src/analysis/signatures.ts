import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { staticName, type ClassNode, type FunctionNode, type Node } from "./syntax.ts";

/** A declaration without a body: of a function, of a member of an interface or class, or of a function's type. */
export type Signature =
  | TSESTree.TSDeclareFunction
  | TSESTree.TSMethodSignature
  | TSESTree.TSPropertySignature
  | TSESTree.TSEmptyBodyFunctionExpression
  | TSESTree.TSAbstractMethodDefinition
  | TSESTree.TSTypeAliasDeclaration;

/** What is written of how a signature is called; no parameters where it only names another type. */
export interface Head {
  readonly params: readonly Node[] | undefined;
  readonly returnType: TSESTree.TypeNode | undefined;
}

/** `undefined` for a declaration of what cannot be called. */
export function headOf(node: Signature | FunctionNode): Head | undefined {
  switch (node.type) {
    case AST_NODE_TYPES.TSPropertySignature:
      return node.typeAnnotation === undefined ? undefined : headOfType(node.typeAnnotation.typeAnnotation);
    case AST_NODE_TYPES.TSTypeAliasDeclaration:
      return headOfType(node.typeAnnotation);
    case AST_NODE_TYPES.TSAbstractMethodDefinition:
      return headOf(node.value);
    default:
      return { params: node.params, returnType: node.returnType?.typeAnnotation };
  }
}

function headOfType(type: TSESTree.TypeNode): Head | undefined {
  switch (type.type) {
    case AST_NODE_TYPES.TSFunctionType:
      return { params: type.params, returnType: type.returnType?.typeAnnotation };
    case AST_NODE_TYPES.TSTypeReference:
      return { params: undefined, returnType: undefined };
    default:
      return undefined;
  }
}

export function isSignature(node: Node): node is Signature {
  switch (node.type) {
    case AST_NODE_TYPES.TSDeclareFunction:
    case AST_NODE_TYPES.TSMethodSignature:
    case AST_NODE_TYPES.TSPropertySignature:
    case AST_NODE_TYPES.TSEmptyBodyFunctionExpression:
    case AST_NODE_TYPES.TSAbstractMethodDefinition:
    case AST_NODE_TYPES.TSTypeAliasDeclaration:
      return true;
    default:
      return false;
  }
}

/** The members of an interface, an object type or a class that are called by a name, with the name. */
export function namedMembers(
  members: readonly (TSESTree.TypeElement | TSESTree.ClassElement)[],
): readonly { readonly name: string; readonly node: Signature | FunctionNode }[] {
  return members.flatMap((member) => {
    if (!("key" in member) || ("static" in member && member.static)) return [];
    const name = staticName(member.key, member.computed);
    const node = calledIn(member);
    return name === undefined || node === undefined ? [] : [{ name, node }];
  });
}

function calledIn(
  member: TSESTree.TypeElement | TSESTree.ClassElement,
): Signature | FunctionNode | undefined {
  switch (member.type) {
    case AST_NODE_TYPES.TSMethodSignature:
    case AST_NODE_TYPES.TSPropertySignature:
    case AST_NODE_TYPES.TSAbstractMethodDefinition:
      return member;
    case AST_NODE_TYPES.MethodDefinition:
      return member.kind === "method" ? member.value : undefined;
    default:
      return undefined;
  }
}

/** What an interface or an object type has. */
export function membersOfType(node: Node): readonly TSESTree.TypeElement[] {
  if (node.type === AST_NODE_TYPES.TSInterfaceDeclaration) return node.body.body;
  if (node.type !== AST_NODE_TYPES.TSTypeAliasDeclaration) return [];
  const { typeAnnotation } = node;
  return typeAnnotation.type === AST_NODE_TYPES.TSTypeLiteral ? typeAnnotation.members : [];
}

/** The names of the types that a class says it is one of. */
export function typesOf({ superClass, implements: promised }: ClassNode): readonly Node[] {
  // Parsers without types say nothing of `implements`.
  const types = (promised as typeof promised | undefined)?.map(({ expression }) => expression) ?? [];
  return superClass === null ? types : [...types, superClass];
}
