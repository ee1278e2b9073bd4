import { AST_TOKEN_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";

/** A comment that turns rules of this plugin off. */
export interface Suppression {
  readonly comment: TSESTree.Comment;
  readonly rules: readonly string[];
}

/** The comments that turn a rule of this plugin off and do not say why, which is what stands behind `--`. */
export function unexplainedSuppressions(comments: readonly TSESTree.Comment[]): readonly Suppression[] {
  return comments.flatMap((comment) => {
    const [text = "", ...reasons] = comment.value.split(/\s-{2,}(?:\s|$)/);
    const rules =
      reasons.join(" ").trim() === "" ? rulesTurnedOff(text, comment.type === AST_TOKEN_TYPES.Block) : [];
    return rules.length === 0 ? [] : [{ comment, rules }];
  });
}

/** The rules of this plugin that a comment turns off: it disables them, or configures them as off. */
function rulesTurnedOff(text: string, isBlock: boolean): readonly string[] {
  const [, list] = /^\s*(?:eslint|oxlint)-disable(?:-next-line|-line)?\s+([^]*)$/.exec(text) ?? [];
  if (list !== undefined)
    return list
      .split(",")
      .map((rule) => rule.trim())
      .filter(isOwn);
  const [, configured] = (isBlock ? /^\s*eslint\s+([^]*)$/.exec(text) : undefined) ?? [];
  const switches = configured?.matchAll(/["']?([@\w/-]+)["']?\s*:\s*\[?\s*["']?(?:off|0)\b/g) ?? [];
  return [...switches].map(([, rule = ""]) => rule).filter(isOwn);
}

function isOwn(rule: string): boolean {
  return rule.startsWith("session-lock/");
}
