import { RuleCreator } from "@typescript-eslint/utils/eslint-utils";
import type { TSESLint } from "@typescript-eslint/utils";
import type { Finding, RuleName } from "../analysis/observations.ts";
import { findingsOf } from "../findings.ts";
import { settingsProperties, type SessionLockSettings } from "../settings.ts";
import { termsOf } from "../terms.ts";

/** What the plugin's rules say about themselves besides what ESLint asks for. */
interface RuleDocs {
  /** The weakest config that turns the rule on. */
  readonly recommended?: boolean;
}

/** A rule, typed so that it fits ESLint's own types as well as typescript-eslint's. */
export interface Rule<MessageIds extends string = string> {
  readonly meta: TSESLint.RuleMetaData<MessageIds, RuleDocs, [SessionLockSettings]>;
  create(context: never): Record<string, () => void>;
}

export type Suggest = (
  finding: Finding,
  context: Readonly<TSESLint.RuleContext<string, readonly unknown[]>>,
) => readonly {
  readonly messageId: string;
  readonly data?: Record<string, string>;
  readonly fix: TSESLint.ReportFixFunction;
}[];

type Context<MessageIds extends string> = Readonly<
  TSESLint.RuleContext<MessageIds, Partial<[SessionLockSettings]>>
>;

interface Definition<MessageIds extends string> {
  readonly name: RuleName;
  readonly description: string;
  readonly recommended: boolean;
  readonly messages: Record<MessageIds, string>;
  readonly suggest?: Suggest;
  /** Turns what the analysis found into what is reported; default: each finding is a report. */
  readonly select?: (findings: readonly Finding[]) => readonly Finding[];
}

const noOptions: SessionLockSettings = {};

/** The listeners for a file that cannot have a report: ESLint then walks it without us. */
const nothingToHear: Record<string, () => void> = {};

const create = RuleCreator<RuleDocs>(
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
    suggest,
    select = (all: readonly Finding[]): readonly Finding[] => all,
  } = definition;
  const rule = create<[SessionLockSettings], MessageIds>({
    name,
    meta: {
      type: "problem",
      docs: { description, recommended },
      messages,
      schema: [{ type: "object", properties: settingsProperties, additionalProperties: false }],
      defaultOptions: [{}],
      ...(suggest === undefined ? {} : { hasSuggestions: true }),
    },
    create: listen,
  });
  return { ...rule, create: listen };

  function listen(context: Context<MessageIds>): Record<string, () => void> {
    const [options = noOptions] = context.options;
    const terms = termsOf(context.settings["session-lock"], options);
    if (!terms.mayMention(context.sourceCode.text)) return nothingToHear;
    return {
      "Program:exit": () => {
        const mine = findingsOf(context, terms).filter((finding) => finding.rule === name);
        for (const finding of select(mine)) report(context, finding);
      },
    };
  }

  function report(context: Context<MessageIds>, { message, node, data, ...rest }: Finding): void {
    if (!isMessage(message)) return;
    const suggestions = suggest?.({ message, node, data, ...rest }, context) ?? [];
    context.report({
      node,
      messageId: message,
      data,
      suggest: suggestions.flatMap(({ messageId, ...fix }) =>
        isMessage(messageId) ? [{ messageId, ...fix }] : [],
      ),
    });
  }

  function isMessage(message: string): message is MessageIds {
    return message in messages;
  }
}
