import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { isFunction, parentOf, type Node } from "../analysis/syntax.ts";
import type { Suggest } from "./create-rule.ts";
import { removeStatement, siblingsOf, statementOf } from "./statements.ts";

/** Suggests to open the manager inside the block that the lock covers, when nothing outside it uses the manager. */
export const suggestOpen: Suggest = ({ message, node, related }, { sourceCode }) => {
  if (message !== "stale" || related === undefined) return [];
  const statement = statementOf(related);
  if (statement?.type !== AST_NODE_TYPES.VariableDeclaration || statement.declarations.length !== 1)
    return [];
  const uses = sourceCode
    .getDeclaredVariables(statement)
    .flatMap(({ references }) => references.filter(({ init }) => init !== true))
    .map(({ identifier }) => identifier);
  const block = lockedBlock(node, statement);
  const [first] = block?.body ?? [];
  if (block === undefined || first === undefined || !siblingsOf(statement).includes(statement)) return [];
  if (uses.some(({ range }) => range[0] < first.range[0] || range[1] > block.range[1])) return [];
  return [
    {
      messageId: "openInside",
      fix: (fixer) => [
        removeStatement(fixer, sourceCode, statement),
        fixer.insertTextBefore(
          first,
          `${sourceCode.getText(statement)}\n${" ".repeat(first.loc.start.column)}`,
        ),
      ],
    },
  ];
};

/** The outermost `try` block or callback body around the write that begins after the open. */
function lockedBlock(write: Node, open: Node): TSESTree.BlockStatement | undefined {
  let found: TSESTree.BlockStatement | undefined;
  for (let node = parentOf(write); node !== undefined; node = parentOf(node)) {
    if (node.range[0] < open.range[1]) break;
    const parent = parentOf(node);
    if (node.type !== AST_NODE_TYPES.BlockStatement || parent === undefined) continue;
    const isTry = parent.type === AST_NODE_TYPES.TryStatement && parent.block === node;
    const isCallback =
      isFunction(parent) && parentOf(parent)?.type === AST_NODE_TYPES.CallExpression && parent.body === node;
    if (isTry || isCallback) found = node;
  }
  return found;
}
