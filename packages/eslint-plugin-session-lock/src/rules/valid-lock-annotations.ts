import { basename } from "node:path";
import type { TSESLint } from "@typescript-eslint/utils";
import { findAnnotationProblems } from "../analysis/annotation-problems.ts";
import { readAnnotations } from "../analysis/annotations.ts";
import { find, needleFor } from "../analysis/search.ts";
import { filenameOf, glanceAt, optionsOf } from "../context.ts";
import { unexplainedSuppressions } from "../directives.ts";
import { findingsOf } from "../findings.ts";
import { openProject } from "../project.ts";
import { settingsProperties, type SessionLockSettings } from "../settings.ts";
import { termsOf } from "../terms.ts";
import { findUnmatched } from "../unmatched.ts";
import { documented, nothingToHear, type Rule } from "./create-rule.ts";

type MessageIds =
  | "unknownTag"
  | "unbound"
  | "unknownParameter"
  | "badOption"
  | "noReason"
  | "needless"
  | "unmatchedModule"
  | "unmatchedExport"
  | "unmatchedPreset";

interface Options extends SessionLockSettings {
  /** Names of the files at which the settings are checked, once for the project. */
  readonly reportSettingsIn?: readonly string[];
}

type Context = Readonly<TSESLint.RuleContext<MessageIds, Partial<[Options]>>>;

const configFiles = ["js", "mjs", "cjs", "ts", "mts", "cts"].map((end) => `eslint.config.${end}`);
const configStem = needleFor("eslint.config.");

const rule = documented<[Options], MessageIds>({
  name: "valid-lock-annotations",
  meta: {
    type: "suggestion",
    docs: {
      description: "require annotations, settings and suppressions of this plugin to mean something",
      recommended: true,
    },
    fixable: "code",
    messages: {
      unknownTag: "`@{{tag}}` is no tag of this plugin, so nothing honours it. Known: {{known}}.",
      unbound:
        "No function begins behind this comment, so nothing honours `@{{tag}}`. Put it right before the function that it is about.",
      unknownParameter:
        "`{{word}}` is no parameter of this function, so `@{{tag}}` stands for the lock of any file. Name a parameter, or leave it out.",
      badOption:
        "`{{word}}` is not understood. Write `callback=` and `resource=` with an index or a parameter.",
      noReason: "`{{what}}` switches the check off and does not say why. Write the reason behind it.",
      needless:
        "Nothing in this function needs what `@{{tag}}` says. Take the tag away, so that its callers need not lock.",
      unmatchedModule:
        "The setting `{{setting}}` names the module `{{from}}`, which this project does not have, so the entry matches nothing.",
      unmatchedExport:
        "The setting `{{setting}}` names `{{name}}` of `{{from}}`, which has no such export, so the entry matches nothing.",
      unmatchedPreset:
        "The preset `{{preset}}` speaks of {{modules}}, and this project has none of them, so it matches nothing.",
    },
    schema: [
      {
        type: "object",
        properties: {
          ...settingsProperties,
          reportSettingsIn: {
            type: "array",
            items: { type: "string" },
            // No `default`: ESLint would give every file a copy of the list.
            description:
              "Names of the files at which the settings are checked, once for the project; by default those of ESLint's configuration.",
          },
        },
        additionalProperties: false,
      },
    ],
    defaultOptions: [{}],
  },
  create: listen,
});

/** Reports what was written for this plugin and does nothing. */
export const validLockAnnotations: Rule<MessageIds> = { ...rule, create: listen };

const noOptions: Options = {};

function listen(context: Context): Record<string, () => void> {
  const options = optionsOf(context, noOptions);
  const { text, settings } = glanceAt(context);
  const isConfig = isConfigFile(filenameOf(context), options);
  const { isMarked } = termsOf(settings, options, context.cwd).lookAt(text);
  if (!isConfig && !isMarked) return nothingToHear;
  return {
    "Program:exit": () => {
      if (isConfig) reportSettings(context, options);
      if (isMarked) reportComments(context, options);
    },
  };
}

function isConfigFile(file: string, { reportSettingsIn }: Options): boolean {
  // Nearly no file is one: the first look is the only one.
  if (reportSettingsIn === undefined && find(file, configStem) === -1) return false;
  return (reportSettingsIn ?? configFiles).includes(basename(file));
}

function reportComments(context: Context, options: Options): void {
  const { sourceCode } = context;
  const comments = sourceCode.getAllComments();
  const { fileNames } = termsOf(context.settings["session-lock"], options, context.cwd).vocabulary;
  for (const problem of findAnnotationProblems(sourceCode, comments, fileNames)) {
    const { message, data, range, replacement } = problem;
    context.report({
      loc: locOf(sourceCode, range),
      messageId: message,
      data,
      ...(replacement === undefined
        ? {}
        : { fix: (fixer) => fixer.replaceTextRange([range[0], range[1]], replacement) }),
    });
  }
  for (const { comment, rules } of unexplainedSuppressions(comments)) {
    context.report({ loc: comment.loc, messageId: "noReason", data: { what: rules.join(", ") } });
  }
  reportNeedless(context, options);
}

function reportNeedless(context: Context, options: Options): void {
  const { sourceCode } = context;
  const annotations = readAnnotations(sourceCode.text, sourceCode.getAllComments());
  if (annotations.length === 0) return;
  const terms = termsOf(context.settings["session-lock"], options, context.cwd);
  for (const finding of findingsOf(context, terms)) {
    if (finding.rule !== "valid-lock-annotations") continue;
    const annotation = annotations.find(
      ({ target, tag }) => String(target) === finding.data["target"] && tag === finding.data["tag"],
    );
    if (annotation === undefined) continue;
    const loc = locOf(sourceCode, annotation.range);
    context.report({ loc, messageId: "needless", data: finding.data });
  }
}

function reportSettings(context: Context, options: Options): void {
  const { sourceCode } = context;
  const shared: unknown = context.settings["session-lock"];
  const settings: SessionLockSettings = { ...(typeof shared === "object" ? shared : {}), ...options };
  for (const { message, key, data } of findUnmatched(settings, openProject(context.cwd))) {
    const start = ['"', "'", "`"]
      .map((quote) => sourceCode.text.indexOf(quote + key + quote))
      .find((index) => index !== -1);
    const range = start === undefined ? ([0, 0] as const) : ([start, start + key.length + 2] as const);
    context.report({ loc: locOf(sourceCode, range), messageId: message, data });
  }
}

function locOf(
  sourceCode: Readonly<TSESLint.SourceCode>,
  [start, end]: readonly [number, number],
): { readonly start: { line: number; column: number }; readonly end: { line: number; column: number } } {
  return { start: sourceCode.getLocFromIndex(start), end: sourceCode.getLocFromIndex(end) };
}
