import * as parser from "@typescript-eslint/parser";
import { Linter } from "eslint";
import { plugin } from "../src/plugin.ts";
import type { SessionLockSettings } from "../src/settings.ts";

export interface LintOptions {
  readonly typescript?: boolean;
  /** With ESLint's own parser. */
  readonly jsx?: boolean;
  /** Default: `recommended`. */
  readonly config?: keyof typeof plugin.configs;
  readonly settings?: SessionLockSettings;
  /** Relative to the folder that lint runs in. */
  readonly filename?: string;
  /** The folder that lint runs in. Default: the one of the tests. */
  readonly cwd?: string;
}

/** Lints one file with a config of the plugin; each report as `rule/message line`, without the plugin's prefix. */
export function lint(code: string, options: LintOptions = {}): readonly string[] {
  return lintMessages(code, options).map(
    ({ ruleId, messageId, line, message }) =>
      `${ruleId?.replace("session-lock/", "") ?? message}/${messageId ?? ""} ${line}`,
  );
}

export function lintMessages(code: string, options: LintOptions = {}): readonly Linter.LintMessage[] {
  const {
    typescript = false,
    jsx = false,
    config = "recommended",
    settings = {},
    cwd = process.cwd(),
    filename = typescript ? "file.ts" : "file.js",
  } = options;
  return new Linter({ cwd }).verify(
    code,
    [
      {
        ...plugin.configs[config],
        files: ["**"],
        settings: { "session-lock": settings },
        languageOptions: typescript
          ? { parser }
          : { ecmaVersion: "latest", sourceType: "module", parserOptions: { ecmaFeatures: { jsx } } },
      },
    ],
    { filename },
  );
}
