import { isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";
import type { TSESLint } from "@typescript-eslint/utils";
import { analyze, type SourceFile } from "./analysis/analyze.ts";
import type { Finding } from "./analysis/observations.ts";
import type { Terms } from "./terms.ts";
import { typeFactsOf } from "./type-facts.ts";

type Context = Readonly<TSESLint.RuleContext<string, readonly unknown[]>>;

/** One analysis serves every rule: it is kept as long as the parsed file is. */
const analyses = new WeakMap<object, Map<Terms, readonly Finding[]>>();

/** Everything the analysis found in the file that is being linted, under the terms of one rule. */
export function findingsOf(context: Context, terms: Terms): readonly Finding[] {
  const { sourceCode } = context;
  const { ast, text, scopeManager, visitorKeys } = sourceCode;
  let known = analyses.get(ast);
  if (known === undefined) {
    known = new Map();
    analyses.set(ast, known);
  }
  const cached = known.get(terms);
  if (cached !== undefined) return cached;
  const findings =
    scopeManager === null
      ? []
      : analyze(
          {
            ast,
            text,
            comments: sourceCode.getAllComments(),
            scopeManager,
            visitorKeys,
            types: terms.vocabulary.types ? typeFactsOf(sourceCode.parserServices) : undefined,
            ...moduleNames(context),
          },
          terms.vocabulary,
        );
  known.set(terms, findings);
  return findings;
}

/** Every finding that linting a parsed file has left: the messages have no room for the way that leads to one. */
export function findingsIn(ast: object): readonly Finding[] {
  return [...(analyses.get(ast)?.values() ?? [])].flat();
}

/**
 * Gives an import and a setting that mean one module the same name. Relative imports become paths, and those of the
 * settings (`./src/session-manager.ts`) are relative to the folder ESLint runs in; the extension does not count.
 */
export function moduleNames(
  context: Pick<Context, "cwd" | "filename">,
): Pick<SourceFile, "resolveImport" | "resolveSetting"> {
  const { cwd, filename } = context;
  let resolveSetting = settingsFrom.get(cwd);
  if (resolveSetting === undefined) settingsFrom.set(cwd, (resolveSetting = resolveFrom(cwd)));
  return { resolveImport: resolveFrom(dirname(resolve(cwd, filename))), resolveSetting };
}

/** By the folder ESLint runs in; there is seldom more than one. */
const settingsFrom = new Map<string, SourceFile["resolveSetting"]>();

function resolveFrom(folder: string): (from: string) => string {
  // The same few names are asked for wherever what they import is used.
  const known = new Map<string, string>();
  return (from) => {
    let name = known.get(from);
    if (name === undefined) known.set(from, (name = resolveName(folder, from)));
    return name;
  };
}

function resolveName(folder: string, from: string): string {
  if (from.startsWith(".")) return resolve(folder, from).replace(/\.[cm]?[jt]sx?$/, "");
  return isBuiltin(from) && !from.startsWith("node:") ? `node:${from}` : from;
}
