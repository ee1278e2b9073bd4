import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { headOf, isSignature, type Signature } from "./signatures.ts";
import { isFunction, parentOf, staticName, type FunctionNode, type Node } from "./syntax.ts";
import { childrenOf, type Tree } from "./words.ts";

/** One `@…-session-lock…` tag of a JSDoc comment, as it is written. */
export interface Annotation {
  readonly tag: string;
  /** The text behind the tag, to the end of its line. */
  readonly argument: string;
  readonly comment: TSESTree.Comment;
  /** Where the tag's name stands in the file. */
  readonly range: readonly [number, number];
  /** Where the code begins that the comment is about. */
  readonly target: number;
}

const tagPattern =
  /(?<=[\s*])@((?:[\w-]*session-?lock|[\w-]*lock-?session|[\w-]*session-?file)[\w-]*)(?![\w/-])[ \t]*([^\n*@]*)/g;

/** Reads every lock tag of the file's JSDoc comments. */
export function readAnnotations(text: string, comments: readonly TSESTree.Comment[]): readonly Annotation[] {
  return comments.flatMap((comment) => {
    const { value } = comment;
    if (!value.startsWith("*") || !value.includes("@") || !value.includes("session")) return [];
    const gap = /^\s*/.exec(text.slice(comment.range[1]))?.[0].length ?? 0;
    return [...value.matchAll(tagPattern)].map((match): Annotation => {
      const start = comment.range[0] + 2 + match.index + 1;
      const [, tag = "", argument = ""] = match;
      return {
        tag,
        argument: argument.trim(),
        comment,
        range: [start, start + tag.length],
        target: comment.range[1] + gap,
      };
    });
  });
}

/** The functions and signatures of a file that a JSDoc comment can be about, by where their declarations begin. */
export interface Declarations {
  readonly functions: ReadonlyMap<number, FunctionNode>;
  /** Declarations without a body: members of interfaces and types, abstract and ambient ones. */
  readonly signatures: ReadonlyMap<number, Signature>;
}

/** Finds every declaration of the file; overload signatures stand for the function that implements them. */
export function findDeclarations(tree: Tree): Declarations {
  const functions = new Map<number, FunctionNode>();
  const signatures = new Map<number, Signature>();
  const walk = (node: Node): void => {
    if (isFunction(node)) for (const start of declarationStarts(node)) functions.set(start, node);
    if (isSignature(node) && headOf(node) !== undefined) signatures.set(startOf(node), node);
    for (const child of childrenOf(tree, node)) walk(child);
  };
  walk(tree.ast);
  return { functions, signatures };
}

/** The declarations that have annotations, and the places from which what they say spreads through the file. */
export function findAnnotated(
  tree: Tree,
  annotations: readonly Annotation[],
): { readonly functions: Declarations["functions"]; readonly starts: readonly Node[] } {
  if (annotations.length === 0) return { functions: new Map(), starts: [] };
  const { functions, signatures } = findDeclarations(tree);
  const starts = annotations.flatMap(({ target }) => {
    const signature = signatures.get(target);
    const name = signature === undefined ? undefined : "id" in signature ? signature.id : keyOf(signature);
    return [functions.get(target)?.body, name ?? signature].filter((node) => node !== undefined);
  });
  return { functions, starts };
}

function keyOf(signature: Signature): Node | undefined {
  return "key" in signature ? signature.key : undefined;
}

/** Where the declarations of a function begin, which is where its JSDoc comment ends; its own is the first. */
export function declarationStarts(node: FunctionNode): readonly number[] {
  return [startOf(node), ...overloadsOf(node).map(startOf)];
}

/** Where the declaration that a node is part of begins. */
export function startOf(node: Node): number {
  let current = node;
  for (let parent = parentOf(node); parent !== undefined && carries(parent); parent = parentOf(parent)) {
    current = parent;
  }
  return current.range[0];
}

/** The signatures in front of a function that has a body. */
export function overloadsOf(
  node: FunctionNode,
): readonly (TSESTree.TSDeclareFunction | TSESTree.TSEmptyBodyFunctionExpression)[] {
  const { parent } = node;
  if (parent.type === AST_NODE_TYPES.MethodDefinition) {
    const name = staticName(parent.key, parent.computed);
    return parent.parent.body.flatMap((member) =>
      member.type === AST_NODE_TYPES.MethodDefinition &&
      member.value.type === AST_NODE_TYPES.TSEmptyBodyFunctionExpression &&
      name !== undefined &&
      staticName(member.key, member.computed) === name
        ? [member.value]
        : [],
    );
  }
  const name = node.type === AST_NODE_TYPES.FunctionDeclaration ? node.id?.name : undefined;
  const block = parent.type === AST_NODE_TYPES.ExportNamedDeclaration ? parent.parent : parent;
  if (name === undefined || !("body" in block) || !Array.isArray(block.body)) return [];
  return block.body.flatMap((statement) => {
    const declared = "declaration" in statement ? statement.declaration : statement;
    return declared?.type === AST_NODE_TYPES.TSDeclareFunction && declared.id?.name === name
      ? [declared]
      : [];
  });
}

function carries(node: Node): boolean {
  switch (node.type) {
    case AST_NODE_TYPES.VariableDeclarator:
    case AST_NODE_TYPES.VariableDeclaration:
    case AST_NODE_TYPES.ExportNamedDeclaration:
    case AST_NODE_TYPES.ExportDefaultDeclaration:
    case AST_NODE_TYPES.MethodDefinition:
    case AST_NODE_TYPES.PropertyDefinition:
    case AST_NODE_TYPES.Property:
    case AST_NODE_TYPES.AssignmentExpression:
    case AST_NODE_TYPES.ExpressionStatement:
      return true;
    default:
      return false;
  }
}
