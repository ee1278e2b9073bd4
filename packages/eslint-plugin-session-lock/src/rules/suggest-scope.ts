import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import { isFunction, parentOf, unwrap, type Node } from "../analysis/syntax.ts";
import type { Suggest } from "./create-rule.ts";

type SourceCode = Readonly<TSESLint.SourceCode>;

/** Suggests to put the statements from the open to the write into a `withSessionWriteLock()` callback. */
export const suggestScope: Suggest = (finding, { sourceCode }) => {
  const { node, related } = finding;
  if (finding.message !== "unlocked" || related?.type !== AST_NODE_TYPES.CallExpression) return [];
  const [argument] = related.arguments;
  const write = statementOf(node);
  const open = statementOf(related);
  if (argument === undefined || !isSimple(argument) || write === undefined || open === undefined) return [];
  const statements = statementsBetween(open, write);
  if (statements === undefined || !mayAwait(sourceCode, write)) return [];
  if (statements.some((statement) => leaves(sourceCode, statement))) return [];
  if (isUsedAfter(sourceCode, statements)) return [];
  const file = sourceCode.getText(argument);
  const lock = scopeName(sourceCode.ast);
  return [
    {
      messageId: "wrap",
      data: { file },
      fix: (fixer) => {
        const [first, last] = [statements[0], statements.at(-1)];
        if (first === undefined || last === undefined) return null;
        const text = sourceCode.text.slice(first.range[0], last.range[1]);
        const async = statements.some((statement) =>
          contains(sourceCode, statement, AST_NODE_TYPES.AwaitExpression),
        )
          ? "async "
          : "";
        const indent = " ".repeat(first.loc.start.column);
        const body = text.replaceAll("\n", "\n  ");
        const wrapped = `await ${lock.name}(${file}, ${async}() => {\n${indent}  ${body}\n${indent}});`;
        const fixes = [fixer.replaceTextRange([first.range[0], last.range[1]], wrapped)];
        if (lock.isImported) return fixes;
        return [fixer.insertTextBeforeRange([startOfCode(sourceCode), 0], importLine), ...fixes];
      },
    },
  ];
};

const importLine = 'import { withSessionWriteLock } from "session-lock";\n';

/** A file expression that means the same inside the callback, and costs nothing to write twice. */
function isSimple(argument: Node): boolean {
  const node = unwrap(argument);
  if (node.type === AST_NODE_TYPES.MemberExpression) return !node.computed && isSimple(node.object);
  return (
    node.type === AST_NODE_TYPES.Identifier ||
    node.type === AST_NODE_TYPES.Literal ||
    node.type === AST_NODE_TYPES.ThisExpression
  );
}

function statementOf(node: Node): TSESTree.Statement | undefined {
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

function statementsBetween(open: TSESTree.Statement, write: TSESTree.Statement): readonly Node[] | undefined {
  const { parent } = write;
  if (parent.type !== AST_NODE_TYPES.BlockStatement && parent.type !== AST_NODE_TYPES.Program)
    return undefined;
  const from = parent.body.findIndex((statement) => statement === open);
  const to = parent.body.findIndex((statement) => statement === write);
  return from === -1 ? undefined : parent.body.slice(from, to + 1);
}

function mayAwait(sourceCode: SourceCode, node: Node): boolean {
  for (let current: Node | undefined = node; current !== undefined; current = parentOf(current)) {
    if (isFunction(current)) return current.async && !current.generator;
    if (current.type === AST_NODE_TYPES.StaticBlock || current.type === AST_NODE_TYPES.PropertyDefinition)
      return false;
  }
  return sourceCode.ast.sourceType === "module";
}

/** Code that jumps out, or that means something else inside a callback. */
function leaves(sourceCode: SourceCode, node: Node): boolean {
  return [
    AST_NODE_TYPES.ReturnStatement,
    AST_NODE_TYPES.BreakStatement,
    AST_NODE_TYPES.ContinueStatement,
    AST_NODE_TYPES.YieldExpression,
  ].some((type) => contains(sourceCode, node, type));
}

function contains(sourceCode: SourceCode, node: Node, type: AST_NODE_TYPES): boolean {
  if (node.type === type) return true;
  if (isFunction(node)) return false;
  return (sourceCode.visitorKeys[node.type] ?? []).some((key) => {
    const child: unknown = Reflect.get(node, key);
    return (Array.isArray(child) ? child : [child]).some(
      (item) => isNode(item) && contains(sourceCode, item, type),
    );
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "range" in value;
}

/** True if a name declared by the statements is used after them: it would be out of scope. */
function isUsedAfter(sourceCode: SourceCode, statements: readonly Node[]): boolean {
  const end = statements.at(-1)?.range[1] ?? 0;
  return statements.some(
    (statement) =>
      statement.type === AST_NODE_TYPES.VariableDeclaration &&
      sourceCode
        .getDeclaredVariables(statement)
        .some((variable) => variable.references.some(({ identifier }) => identifier.range[0] >= end)),
  );
}

function scopeName(program: TSESTree.Program): { readonly name: string; readonly isImported: boolean } {
  for (const statement of program.body) {
    if (statement.type !== AST_NODE_TYPES.ImportDeclaration || statement.source.value !== "session-lock")
      continue;
    for (const specifier of statement.specifiers) {
      if (
        specifier.type !== AST_NODE_TYPES.ImportSpecifier ||
        specifier.imported.type !== AST_NODE_TYPES.Identifier
      )
        continue;
      if (specifier.imported.name === "withSessionWriteLock")
        return { name: specifier.local.name, isImported: true };
    }
  }
  return { name: "withSessionWriteLock", isImported: false };
}

function startOfCode(sourceCode: SourceCode): number {
  const [first] = sourceCode.ast.body;
  return first?.range[0] ?? 0;
}
