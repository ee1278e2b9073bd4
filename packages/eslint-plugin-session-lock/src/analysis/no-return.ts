import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { FunctionNode, Node } from "./syntax.ts";
import type { Value } from "./values.ts";

/** True for code after which nothing of its caller runs but the handlers of exceptions. */
export function neverReturns(callee: Value | undefined): boolean {
  if (callee?.kind === "global") return endsProcess(callee.name);
  return callee?.kind === "function" && onlyThrows(callee.node);
}

/** `process.exit`, also of the module. */
function endsProcess(name: string): boolean {
  return /^(?:(?:globalThis\.)?process\.|(?:node:)?process:)(?:exit|abort)$/.test(name);
}

/** A function that says so in its type, or whose every way ends in a `throw` or an exit. */
function onlyThrows(node: FunctionNode): boolean {
  const { async, generator, returnType, body } = node;
  if (async || generator) return false;
  if (returnType?.typeAnnotation.type === AST_NODE_TYPES.TSNeverKeyword) return true;
  if (mayBeAnother(node)) return false;
  const statements = body.type === AST_NODE_TYPES.BlockStatement ? body.body : [];
  const last = statements.at(-1);
  if (last === undefined || (last.type !== AST_NODE_TYPES.ThrowStatement && !isExit(last))) return false;
  return statements.slice(0, -1).every(({ type }) => straight.has(type));
}

/** Whether another function may stand in its place when it is called: a method may be overridden, and a variable be given another. */
function mayBeAnother({ type, parent }: FunctionNode): boolean {
  if (type === AST_NODE_TYPES.FunctionDeclaration) return false;
  if (parent.type === AST_NODE_TYPES.VariableDeclarator) return parent.parent.kind !== "const";
  return (
    parent.type !== AST_NODE_TYPES.MethodDefinition || parent.key.type !== AST_NODE_TYPES.PrivateIdentifier
  );
}

/** Statements that no `return` stands in. */
const straight: ReadonlySet<AST_NODE_TYPES> = new Set([
  AST_NODE_TYPES.ExpressionStatement,
  AST_NODE_TYPES.VariableDeclaration,
]);

/** `process.exit()`. Somebody else's `exit()` may well come back. */
export function isExit(node: Node): boolean {
  if (node.type !== AST_NODE_TYPES.ExpressionStatement) return false;
  const { expression } = node;
  return expression.type === AST_NODE_TYPES.CallExpression && exits.has(pathOf(expression.callee) ?? "");
}

const exits: ReadonlySet<string> = new Set(["process.exit", "globalThis.process.exit"]);

function pathOf(node: Node): string | undefined {
  if (node.type === AST_NODE_TYPES.Identifier) return node.name;
  if (node.type !== AST_NODE_TYPES.MemberExpression || node.computed) return undefined;
  const [object, property] = [pathOf(node.object), pathOf(node.property)];
  return object === undefined || property === undefined ? undefined : `${object}.${property}`;
}
