import type { TSESTree } from "@typescript-eslint/utils";

/** A comment that turns rules of this plugin off. */
export interface Suppression {
  readonly comment: TSESTree.Comment;
  readonly rules: readonly string[];
}

/** The comments that turn a rule of this plugin off and do not say why, which is what stands behind `--`. */
export function unexplainedSuppressions(comments: readonly TSESTree.Comment[]): readonly Suppression[] {
  return comments.flatMap((comment) => {
    const [, list = "", reason] =
      /^\s*(?:eslint|oxlint)-disable(?:-next-line|-line)?\s+([^]*?)(?:\s-{2,}\s*([^]*))?$/.exec(
        comment.value,
      ) ?? [];
    const rules = list.split(",").map((rule) => rule.trim());
    const own = rules.filter((rule) => rule.startsWith("session-lock/"));
    return own.length === 0 || (reason !== undefined && reason.trim() !== "")
      ? []
      : [{ comment, rules: own }];
  });
}
