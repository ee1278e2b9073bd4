import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint } from "@typescript-eslint/utils";
import type { SourceCode } from "./statements.ts";

/** An export of `session-lock` as a file calls it. */
export interface LockImport {
  readonly name: string;
  /** Imports it, where the file does not. */
  addTo(fixer: TSESLint.RuleFixer): readonly TSESLint.RuleFix[];
}

export function importLock(sourceCode: SourceCode, exported: string): LockImport {
  for (const statement of sourceCode.ast.body) {
    if (statement.type !== AST_NODE_TYPES.ImportDeclaration || statement.source.value !== "session-lock")
      continue;
    for (const { type, local, ...specifier } of statement.specifiers) {
      if (type !== AST_NODE_TYPES.ImportSpecifier || !("imported" in specifier)) continue;
      const { imported } = specifier;
      const name = imported.type === AST_NODE_TYPES.Identifier ? imported.name : imported.value;
      if (name === exported) return { name: local.name, addTo: () => [] };
    }
  }
  const start = sourceCode.ast.body[0]?.range[0] ?? 0;
  const line = `import { ${exported} } from "session-lock";\n`;
  return { name: exported, addTo: (fixer) => [fixer.insertTextBeforeRange([start, start], line)] };
}
