import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { isFunction, parentOf, unwrap, type Node } from "../analysis/syntax.ts";
import { childrenOf } from "../analysis/words.ts";
import { siblingsOf, statementOf, type SourceCode } from "./statements.ts";

/**
 * True if a `finally` is in charge of the lock as soon as it is acquired, so that only the `finally` itself can throw
 * before the release: nothing that can throw stands between the acquire and the `try`, or the acquire stands in it.
 */
export function isInChargeAtOnce(sourceCode: SourceCode, acquire: Node): boolean {
  const statement = statementOf(acquire);
  if (statement === undefined) return false;
  const siblings = siblingsOf(statement);
  const next = siblings.slice(siblings.indexOf(statement) + 1).find((one) => !isHarmless(one));
  if (next?.type === AST_NODE_TYPES.TryStatement && next.finalizer !== null) return true;
  const name = nameOfHandle(statement);
  if (name === undefined) return false;
  return finalizersAround(statement).some((finalizer) => hasName(sourceCode, finalizer, name));
}

/** A declaration that runs no code. */
function isHarmless(statement: TSESTree.Statement): boolean {
  if (statement.type !== AST_NODE_TYPES.VariableDeclaration)
    return /^(?:Empty|FunctionDecl|TSInterface|TSTypeAlias)/.test(statement.type);
  return statement.declarations.every(
    ({ id, init }) =>
      id.type === AST_NODE_TYPES.Identifier &&
      (init === null || isFunction(init) || unwrap(init).type === AST_NODE_TYPES.Literal),
  );
}

/** What the handle is called: `lock = await acquire()`, with or without a declaration. */
function nameOfHandle(statement: TSESTree.Statement): string | undefined {
  const target =
    statement.type === AST_NODE_TYPES.ExpressionStatement &&
    statement.expression.type === AST_NODE_TYPES.AssignmentExpression
      ? statement.expression.left
      : undefined;
  return target?.type === AST_NODE_TYPES.Identifier ? target.name : undefined;
}

/** The `finally` blocks of the function that run however the statement ends. */
function finalizersAround(statement: Node): readonly Node[] {
  const around: Node[] = [];
  let inner = statement;
  for (let node = parentOf(inner); node !== undefined && !isFunction(node); node = parentOf(node)) {
    if (node.type === AST_NODE_TYPES.TryStatement && node.block === inner && node.finalizer !== null)
      around.push(node.finalizer);
    inner = node;
  }
  return around;
}

function hasName(sourceCode: SourceCode, node: Node, name: string): boolean {
  if (node.type === AST_NODE_TYPES.Identifier) return node.name === name;
  return childrenOf(sourceCode, node).some((child) => hasName(sourceCode, child, name));
}
