import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint } from "@typescript-eslint/utils";
import type { Node } from "../analysis/syntax.ts";
import { findVariable, type SourceCode } from "./statements.ts";

/** An export of `session-lock` as a file calls it. */
export interface LockImport {
  readonly name: string;
  /** Imports it, where the file does not. */
  addTo(fixer: TSESLint.RuleFixer): readonly TSESLint.RuleFix[];
}

/** The export as the code of a node can call it; `undefined` where its name means something else there. */
export function importLock(sourceCode: SourceCode, exported: string, at: Node): LockImport | undefined {
  for (const statement of sourceCode.ast.body) {
    if (statement.type !== AST_NODE_TYPES.ImportDeclaration || statement.source.value !== "session-lock")
      continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type !== AST_NODE_TYPES.ImportSpecifier) continue;
      const { imported, local } = specifier;
      const name = imported.type === AST_NODE_TYPES.Identifier ? imported.name : imported.value;
      if (name !== exported || statement.importKind === "type" || specifier.importKind === "type") continue;
      const isIt = findVariable(sourceCode, at, local.name)?.identifiers.includes(local) === true;
      return isIt ? { name: local.name, addTo: () => [] } : undefined;
    }
  }
  const same = findVariable(sourceCode, at, exported);
  if (same !== undefined) return isRequired(same) ? { name: exported, addTo: () => [] } : undefined;
  const start = sourceCode.ast.body[0]?.range[0] ?? 0;
  const line =
    sourceCode.ast.sourceType === "module"
      ? `import { ${exported} } from "session-lock";\n`
      : `const { ${exported} } = require("session-lock");\n`;
  return { name: exported, addTo: (fixer) => [fixer.insertTextBeforeRange([start, start], line)] };
}

/** True for a name that `const { name } = require("session-lock")` declares. */
function isRequired({ defs: [definition] }: TSESLint.Scope.Variable): boolean {
  if (definition?.node.type !== AST_NODE_TYPES.VariableDeclarator) return false;
  const { id, init } = definition.node;
  if (id.type !== AST_NODE_TYPES.ObjectPattern || init?.type !== AST_NODE_TYPES.CallExpression) return false;
  const [argument] = init.arguments;
  return argument?.type === AST_NODE_TYPES.Literal && argument.value === "session-lock";
}
