import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Suggest } from "./create-rule.ts";
import { findVariable } from "./statements.ts";

/** Suggests the variant of a helper that expects its caller to hold the lock: `appendLocked` for `append`. */
export const suggestLockedVariant: Suggest = ({ message, via }, { sourceCode }) => {
  if (message !== "nested" || via?.type !== AST_NODE_TYPES.CallExpression) return [];
  const { callee } = via;
  if (callee.type !== AST_NODE_TYPES.Identifier) return [];
  const variant = `${callee.name}Locked`;
  if (findVariable(sourceCode, via, variant) === undefined) return [];
  return [
    {
      messageId: "callLocked",
      data: { callee: callee.name, variant },
      fix: (fixer) => fixer.replaceText(callee, variant),
    },
  ];
};
