import { RuleCreator } from "@typescript-eslint/utils/eslint-utils";
import type { TSESLint } from "@typescript-eslint/utils";
import type { Finding, RuleName } from "../analysis/observations.ts";
import { glanceAt, optionsOf } from "../context.ts";
import { findingsOf } from "../findings.ts";
import { settingsProperties, type SessionLockSettings } from "../settings.ts";
import { termsOf } from "../terms.ts";

type AnyContext = Readonly<TSESLint.RuleContext<string, readonly unknown[]>>;

/** What the plugin's rules say about themselves besides what ESLint asks for. */
interface RuleDocs {
  /** The weakest config that turns the rule on. */
  readonly recommended?: boolean;
}

/** A rule, typed so that it fits ESLint's own types as well as typescript-eslint's. */
export interface Rule<MessageIds extends string = string> {
  readonly meta: TSESLint.RuleMetaData<MessageIds, RuleDocs, SessionLockSettings[]>;
  create(context: never): Record<string, () => void>;
}

/** A change that an editor offers. */
export interface Suggestion {
  readonly messageId: string;
  readonly data?: Record<string, string>;
  readonly fix: TSESLint.ReportFixFunction;
}

export type Suggest = (finding: Finding, context: AnyContext) => readonly Suggestion[];

/** Gives the change that is made without asking, where there is one that keeps the meaning. */
export type Fix = (finding: Finding) => TSESLint.ReportFixFunction | undefined;

/** The options of one rule besides the shared settings: switches, off by default or on as the rule says. */
type Switches = Readonly<Record<string, boolean>>;

type Context<MessageIds extends string> = Readonly<
  TSESLint.RuleContext<MessageIds, Partial<[SessionLockSettings]>>
>;

interface Definition<MessageIds extends string> {
  readonly name: RuleName;
  readonly description: string;
  readonly recommended: boolean;
  readonly messages: Record<MessageIds, string>;
  readonly fix?: Fix;
  readonly suggest?: Suggest;
  /** The rule's own options, with their defaults. */
  readonly switches?: Readonly<Record<string, { readonly description: string; readonly default: boolean }>>;
  /** Turns what the analysis found into what is reported; default: each finding is a report. */
  readonly select?: (
    findings: readonly Finding[],
    switches: Switches,
    sourceCode: AnyContext["sourceCode"],
  ) => readonly Finding[];
}

const noOptions: SessionLockSettings = {};

/** The listeners for a file that cannot have a report: ESLint then walks it without us. */
export const nothingToHear: Record<string, () => void> = {};

/** Makes a rule with a page in the documentation. */
export const documented = RuleCreator<RuleDocs>(
  (name) =>
    `https://github.com/session-lock/session-lock/blob/main/packages/eslint-plugin-session-lock/docs/rules/${name}.md`,
);

/** A rule that reports its share of the analysis. */
export function createRule<MessageIds extends string>(definition: Definition<MessageIds>): Rule<MessageIds> {
  const {
    name,
    description,
    recommended,
    messages,
    fix,
    suggest,
    switches = {},
    select = (all: readonly Finding[]): readonly Finding[] => all,
  } = definition;
  const switchProperties = Object.fromEntries(
    Object.entries(switches).map(([option, { description: text, default: value }]) => [
      option,
      { type: "boolean", description: text, default: value } as const,
    ]),
  );
  const rule = documented<[SessionLockSettings], MessageIds>({
    name,
    meta: {
      type: "problem",
      docs: { description, recommended },
      messages,
      schema: [
        {
          type: "object",
          properties: { ...settingsProperties, ...switchProperties },
          additionalProperties: false,
        },
      ],
      defaultOptions: [{}],
      ...(fix === undefined ? {} : { fixable: "code" }),
      ...(suggest === undefined ? {} : { hasSuggestions: true }),
    },
    create: listen,
  });
  return { ...rule, create: listen };

  function listen(context: Context<MessageIds>): Record<string, () => void> {
    const options = optionsOf(context, noOptions);
    const { text, settings } = glanceAt(context);
    const terms = termsOf(settings, options, context.cwd);
    if (!terms.lookAt(text).mayReport) return nothingToHear;
    return {
      "Program:exit": () => {
        const mine = findingsOf(context, terms).filter((finding) => finding.rule === name);
        for (const finding of select(mine, readSwitches(options), context.sourceCode))
          report(context, finding);
      },
    };
  }

  function readSwitches(options: SessionLockSettings): Switches {
    const given = new Map(Object.entries<unknown>({ ...options }));
    return Object.fromEntries(
      Object.entries(switches).map(([option, { default: value }]) => {
        const chosen = given.get(option);
        return [option, typeof chosen === "boolean" ? chosen : value];
      }),
    );
  }

  function report(context: Context<MessageIds>, { message, node, data, ...rest }: Finding): void {
    if (!isMessage(message)) return;
    const finding = { message, node, data, ...rest };
    const fixed = fix?.(finding);
    const suggestions = fixed === undefined ? (suggest?.(finding, context) ?? []) : [];
    context.report({
      node,
      messageId: message,
      data,
      ...(fixed === undefined ? {} : { fix: fixed }),
      suggest: suggestions.flatMap(({ messageId, ...fix }) =>
        isMessage(messageId) ? [{ messageId, ...fix }] : [],
      ),
    });
  }

  function isMessage(message: string): message is MessageIds {
    return message in messages;
  }
}
