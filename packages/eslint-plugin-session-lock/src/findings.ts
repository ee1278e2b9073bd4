import { isBuiltin } from "node:module";
import { dirname, resolve } from "node:path";
import type { TSESLint } from "@typescript-eslint/utils";
import { analyze, type SourceFile } from "./analysis/analyze.ts";
import type { Finding } from "./analysis/observations.ts";
import { vocabularyOf, type SessionLockSettings } from "./settings.ts";

type Context = Readonly<TSESLint.RuleContext<string, readonly unknown[]>>;

/** One analysis serves every rule: it is kept as long as ESLint keeps the parsed file. */
const analyses = new WeakMap<object, Map<string, readonly Finding[]>>();

/** Everything the analysis found in the file that is being linted, under the settings of one rule. */
export function findingsOf(context: Context, options: SessionLockSettings): readonly Finding[] {
  const settings = { ...readSettings(context.settings), ...options };
  const key = JSON.stringify(settings);
  const { sourceCode } = context;
  let known = analyses.get(sourceCode);
  if (known === undefined) {
    known = new Map();
    analyses.set(sourceCode, known);
  }
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const { ast, text, scopeManager, visitorKeys } = sourceCode;
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
            ...moduleNames(context),
          },
          vocabularyOf(settings),
        );
  known.set(key, findings);
  return findings;
}

function readSettings(shared: TSESLint.SharedConfigurationSettings): SessionLockSettings {
  const settings: unknown = shared["session-lock"];
  return typeof settings === "object" && settings !== null ? settings : {};
}

/**
 * Gives an import and a setting that mean one module the same name. Relative imports become paths, and those of the
 * settings (`./src/session-manager.ts`) are relative to the folder ESLint runs in; the extension does not count.
 */
function moduleNames(context: Context): Pick<SourceFile, "resolveImport" | "resolveSetting"> {
  const folder = dirname(resolve(context.cwd, context.filename));
  const pathFrom =
    (base: string) =>
    (from: string): string => {
      if (from.startsWith(".")) return resolve(base, from).replace(/\.[cm]?[jt]sx?$/, "");
      return isBuiltin(from) && !from.startsWith("node:") ? `node:${from}` : from;
    };
  return { resolveImport: pathFrom(folder), resolveSetting: pathFrom(context.cwd) };
}
