import { declarationStarts } from "../analysis/annotations.ts";
import { enclosingFunction, isFunction } from "../analysis/syntax.ts";
import type { Suggest } from "./create-rule.ts";

/** Suggests `@requires-session-lock` for the function that was handed the manager. */
export const suggestAnnotation: Suggest = ({ message, related }, { sourceCode }) => {
  const owner = related === undefined ? undefined : enclosingFunction(related);
  if (message !== "callerMustLock" || owner === undefined || !isFunction(owner)) return [];
  const [start] = declarationStarts(owner);
  if (start === undefined) return [];
  const { text } = sourceCode;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const indent = text.slice(lineStart, start);
  // A function in the middle of a line is no declaration: a comment there reads like nothing.
  if (indent.trim() !== "") return [];
  const above = sourceCode
    .getAllComments()
    .find(
      ({ value, range }) =>
        value.startsWith("*") && range[1] <= start && text.slice(range[1], start).trim() === "",
    );
  return [
    {
      messageId: "annotate",
      fix: (fixer) => {
        if (above === undefined) {
          return fixer.insertTextBeforeRange([start, start], `/** @requires-session-lock */\n${indent}`);
        }
        const lines = above.value.slice(1).trim().split("\n");
        const kept = lines.map((line) => `${indent} * ${line.replace(/^\s*\*? ?/, "").trimEnd()}`.trimEnd());
        return fixer.replaceTextRange(
          [above.range[0], above.range[1]],
          `/**\n${kept.join("\n")}\n${indent} * @requires-session-lock\n${indent} */`,
        );
      },
    },
  ];
};
