import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { isFunction, parentOf, type FunctionNode, type Node } from "./syntax.ts";
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

const tagPattern = /@([\w-]*session-?lock[\w-]*|[\w-]*lock-?session[\w-]*)[ \t]*([^\n*@]*)/g;

/** Reads every lock tag of the file's JSDoc comments. */
export function readAnnotations(text: string, comments: readonly TSESTree.Comment[]): readonly Annotation[] {
  return comments.flatMap((comment) => {
    if (!comment.value.startsWith("*") || !comment.value.includes("lock")) return [];
    const gap = /^\s*/.exec(text.slice(comment.range[1]))?.[0].length ?? 0;
    return [...comment.value.matchAll(tagPattern)].map((match): Annotation => {
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

/** Where the declaration of a function begins, which is where its JSDoc comment ends. */
export function declarationStart(node: FunctionNode): number {
  let current: Node = node;
  for (let parent = parentOf(node); parent !== undefined && carries(parent); parent = parentOf(parent)) {
    current = parent;
  }
  return current.range[0];
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

/** The function whose declaration begins at an offset of the text. */
export function functionAt(tree: Tree, node: Node, offset: number): FunctionNode | undefined {
  if (isFunction(node) && declarationStart(node) === offset) return node;
  for (const child of childrenOf(tree, node)) {
    if (child.range[1] <= offset || (child.range[0] > offset && !carries(node))) continue;
    const found = functionAt(tree, child, offset);
    if (found !== undefined) return found;
  }
  return undefined;
}
