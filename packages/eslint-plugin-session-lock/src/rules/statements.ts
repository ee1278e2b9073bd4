import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import { isFunction, parentOf, unwrap, type Node } from "../analysis/syntax.ts";
import { childrenOf } from "../analysis/words.ts";

export type SourceCode = Readonly<TSESLint.SourceCode>;

/** The expression statement or declaration that a node stands in, if it is in no other kind of statement. */
export function statementOf(node: Node): TSESTree.Statement | undefined {
  for (let current: Node | undefined = node; current !== undefined; current = parentOf(current)) {
    if (
      current.type === AST_NODE_TYPES.ExpressionStatement ||
      current.type === AST_NODE_TYPES.VariableDeclaration
    )
      return current;
    if (isFunction(current) || current.type.endsWith("Statement")) return undefined;
  }
  return undefined;
}

/** The statements of the block that a statement stands in. */
export function siblingsOf(statement: Node): readonly TSESTree.Statement[] {
  const parent = parentOf(statement);
  if (parent?.type === AST_NODE_TYPES.BlockStatement || parent?.type === AST_NODE_TYPES.StaticBlock)
    return parent.body;
  return parent?.type === AST_NODE_TYPES.Program ? parent.body : [];
}

/** True where `await` may be written. */
export function mayAwait(sourceCode: SourceCode, node: Node): boolean {
  for (let current: Node | undefined = node; current !== undefined; current = parentOf(current)) {
    if (isFunction(current)) return current.async && !current.generator;
    if (current.type === AST_NODE_TYPES.StaticBlock || current.type === AST_NODE_TYPES.PropertyDefinition)
      return false;
  }
  return sourceCode.ast.sourceType === "module";
}

/** True if the code of a node, inner functions aside, has a part of one of the types. */
export function contains(sourceCode: SourceCode, node: Node, types: readonly AST_NODE_TYPES[]): boolean {
  if (types.includes(node.type)) return true;
  if (isFunction(node)) return false;
  return childrenOf(sourceCode, node).some((child) => contains(sourceCode, child, types));
}

/** A file expression that means the same a few lines on, and costs nothing to write twice. */
export function isSimple(argument: Node): boolean {
  const node = unwrap(argument);
  if (node.type === AST_NODE_TYPES.MemberExpression) return !node.computed && isSimple(node.object);
  return (
    node.type === AST_NODE_TYPES.Identifier ||
    node.type === AST_NODE_TYPES.Literal ||
    node.type === AST_NODE_TYPES.ThisExpression
  );
}

/** The variable that a node may use under a name. */
export function findVariable(
  sourceCode: SourceCode,
  node: Node,
  name: string,
): TSESLint.Scope.Variable | undefined {
  let scope: TSESLint.Scope.Scope | null = sourceCode.getScope(node);
  while (scope !== null) {
    const variable = scope.set.get(name);
    if (variable !== undefined) return variable;
    scope = scope.upper;
  }
  return undefined;
}

/** Takes a statement away, and its lines where nothing else stands on them. */
export function removeStatement(
  fixer: TSESLint.RuleFixer,
  { lines, text }: SourceCode,
  { loc, range: [from, to] }: Node,
): TSESLint.RuleFix {
  const before = (lines[loc.start.line - 1] ?? "").slice(0, loc.start.column);
  const after = (lines[loc.end.line - 1] ?? "").slice(loc.end.column);
  if (before.trim() === "" && after.trim() === "") {
    const next = text.indexOf("\n", to);
    return fixer.removeRange([from - before.length, next === -1 ? text.length : next + 1]);
  }
  return fixer.removeRange([from, to + after.length - after.trimStart().length]);
}

/** Spaces before a statement. */
export function indentOf(statement: Node): string {
  return " ".repeat(statement.loc.start.column);
}

/** The text of some statements, one step further in; what spans lines inside a literal stays as it is. */
export function indented(sourceCode: SourceCode, statements: readonly Node[]): string {
  const start = statements[0]?.range[0] ?? 0;
  const literals = statements.flatMap((statement) => literalsIn(sourceCode, statement));
  return sourceCode.text
    .slice(start, statements.at(-1)?.range[1] ?? start)
    .replaceAll("\n", (line, at: number) =>
      literals.some(({ range }) => range[0] <= start + at && start + at < range[1]) ? line : `${line}  `,
    );
}

function literalsIn(sourceCode: SourceCode, node: Node): readonly Node[] {
  const isLiteral =
    node.type === AST_NODE_TYPES.TemplateElement ||
    node.type === AST_NODE_TYPES.Literal ||
    node.type === AST_NODE_TYPES.JSXText;
  return isLiteral ? [node] : childrenOf(sourceCode, node).flatMap((child) => literalsIn(sourceCode, child));
}
