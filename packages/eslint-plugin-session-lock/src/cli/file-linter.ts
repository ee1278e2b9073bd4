import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { TSESLint } from "@typescript-eslint/utils";
import { Linter } from "eslint";
import { LintError } from "./lint-error.ts";

type Source = Readonly<TSESLint.SourceCode>;

/** What ESLint makes of a file; without a source it cannot be parsed, and the one message says why. */
export interface LintedFile {
  readonly source: Source | undefined;
  readonly messages: readonly Linter.LintMessage[];
}

/** Runs ESLint on one file at a time, TypeScript with typescript-eslint's parser. */
export class FileLinter {
  readonly #cwd: string;
  #typescript: Promise<Linter.Parser> | undefined;

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  /** Throws `LintError` NO_PARSER for a TypeScript file if the parser is not installed. */
  async lint(file: string, text: string, config: Linter.Config = {}): Promise<LintedFile> {
    let source: Source | undefined;
    const keep = {
      create(context: Readonly<TSESLint.RuleContext<string, readonly unknown[]>>): Record<string, never> {
        source = context.sourceCode;
        return {};
      },
    };
    const messages = new Linter({ cwd: this.#cwd }).verify(
      text,
      {
        ...config,
        files: ["**"],
        plugins: { ...config.plugins, keep: { rules: { source: toRule(keep) } } },
        rules: { ...config.rules, "keep/source": "error" },
        languageOptions: await this.#languageOptions(file),
        linterOptions: { reportUnusedDisableDirectives: "off" },
      },
      { filename: file },
    );
    return { source, messages };
  }

  async #languageOptions(file: string): Promise<Linter.LanguageOptions> {
    const ecmaFeatures = { jsx: !/\.[cm]?ts$/.test(file) };
    if (/\.[cm]?tsx?$/.test(file)) {
      this.#typescript ??= loadTypeScriptParser(this.#cwd, file);
      return { parser: await this.#typescript, parserOptions: { ecmaFeatures } };
    }
    const sourceType = file.endsWith(".cjs") ? "commonjs" : "module";
    return { ecmaVersion: "latest", sourceType, parserOptions: { ecmaFeatures } };
  }
}

/** A rule typed for typescript-eslint is one for ESLint, whose own types differ. */
function toRule(rule: { create(context: never): Record<string, never> }): {
  create(context: never): Record<string, never>;
} {
  return rule;
}

/** The project's own parser, else the one beside this package. */
async function loadTypeScriptParser(cwd: string, file: string): Promise<Linter.Parser> {
  for (const base of [pathToFileURL(path.join(cwd, "package.json")), new URL(import.meta.url)]) {
    const found = resolveParser(base);
    if (found === undefined) continue;
    const loaded: unknown = await import(pathToFileURL(found).href);
    if (isParser(loaded)) return loaded;
  }
  throw new LintError(
    "NO_PARSER",
    `${path.relative(cwd, file)} is TypeScript: install @typescript-eslint/parser, which reads it`,
  );
}

function resolveParser(base: URL): string | undefined {
  try {
    return createRequire(base).resolve("@typescript-eslint/parser");
  } catch {
    return undefined; // not installed there: the caller looks elsewhere, and says so in the end
  }
}

function isParser(value: unknown): value is Linter.Parser {
  return typeof value === "object" && value !== null && "parseForESLint" in value;
}
