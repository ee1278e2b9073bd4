import { createRequire } from "node:module";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import { analyze } from "../../src/analysis/analyze.ts";
import type { Node } from "../../src/analysis/syntax.ts";
import { childrenOf } from "../../src/analysis/words.ts";
import { vocabularyOf, type SessionLockSettings } from "../../src/settings.ts";

interface Espree {
  parse(text: string, options: object): TSESTree.Program;
  readonly VisitorKeys: Readonly<Record<string, readonly string[]>>;
}

interface EslintScope {
  analyze(ast: object, options: object): TSESLint.Scope.ScopeManager;
}

// The parser and the scope analysis are those that the installed ESLint brings along; ESLint itself takes no part.
const fromEslint = createRequire(createRequire(import.meta.url).resolve("eslint"));
const espree = fromEslint("espree") as Espree;
const eslintScope = fromEslint("eslint-scope") as EslintScope;

const imports = `import { SessionManager } from "@session-lock/transcript"; import { acquireSessionWriteLock, tryAcquireSessionWriteLock, withSessionWriteLock } from "session-lock";`;

/** Runs the analysis alone over a module; each finding as `message line`, where the first line given is line 1. */
export function analyzeText(body: string, settings: SessionLockSettings = {}): readonly string[] {
  const text = `${imports}\n${body}`;
  const options = {
    ecmaVersion: 2026,
    sourceType: "module",
    range: true,
    loc: true,
    comment: true,
    tokens: true,
  };
  const ast = espree.parse(text, options);
  const visitorKeys = espree.VisitorKeys;
  const adopt = (node: Node): void => {
    for (const child of childrenOf({ visitorKeys }, node)) {
      Object.assign(child, { parent: node });
      adopt(child);
    }
  };
  const scopeManager = eslintScope.analyze(ast, { ecmaVersion: 2026, sourceType: "module" });
  adopt(ast);
  const asWritten = (from: string): string => from;
  return analyze(
    {
      ast,
      text,
      comments: ast.comments ?? [],
      scopeManager,
      visitorKeys,
      resolveImport: asWritten,
      resolveSetting: asWritten,
    },
    vocabularyOf(settings),
  ).map(({ message, node }) => `${message} ${node.loc.start.line - 1}`);
}
