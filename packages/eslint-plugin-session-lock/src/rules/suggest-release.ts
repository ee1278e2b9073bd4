import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { unwrap, type Node } from "../analysis/syntax.ts";
import type { Suggest, Suggestion } from "./create-rule.ts";
import { mayAwait, removeStatement, siblingsOf, statementOf, type SourceCode } from "./statements.ts";

/** Suggests to move the acquire down to its `try`, or to let `await using` release the lock. */
export const suggestRelease: Suggest = ({ message, node }, { sourceCode }) => {
  if (!["leaks", "leaksInFinally", "leaksOnThrow"].includes(message)) return [];
  const declared = findHandle(node, sourceCode);
  if (declared === undefined) return [];
  return [moveToTry(declared, sourceCode), useUsing(declared, sourceCode)].filter((one) => one !== undefined);
};

/** `const lock = await acquire(…);`, with everything that uses the lock. */
interface Handle {
  readonly statement: TSESTree.VariableDeclaration;
  readonly siblings: readonly TSESTree.Statement[];
  readonly uses: readonly Node[];
}

function findHandle(node: Node, sourceCode: SourceCode): Handle | undefined {
  const statement = statementOf(node);
  if (statement?.type !== AST_NODE_TYPES.VariableDeclaration || statement.declarations.length !== 1)
    return undefined;
  const [{ id, init }] = statement.declarations;
  if (statement.kind !== "const" || id.type !== AST_NODE_TYPES.Identifier || init === null) return undefined;
  const acquire = unwrap(init);
  const isPlain = acquire.type === AST_NODE_TYPES.AwaitExpression && unwrap(acquire.argument) === node;
  if (!isPlain || !mayAwait(sourceCode, statement)) return undefined;
  const [variable] = sourceCode.getDeclaredVariables(statement);
  const uses = variable?.references.filter(({ init: isInit }) => isInit !== true) ?? [];
  return { statement, siblings: siblingsOf(statement), uses: uses.map(({ identifier }) => identifier) };
}

function moveToTry({ statement, siblings, uses }: Handle, sourceCode: SourceCode): Suggestion | undefined {
  const from = siblings.indexOf(statement);
  const to = siblings.findIndex(
    (one, index) => index > from + 1 && one.type === AST_NODE_TYPES.TryStatement && one.finalizer !== null,
  );
  const target = siblings[to];
  if (from === -1 || target === undefined) return undefined;
  if (uses.some(({ range }) => range[0] < target.range[0])) return undefined;
  return {
    messageId: "moveToTry",
    fix: (fixer) => [
      removeStatement(fixer, sourceCode, statement),
      fixer.insertTextBefore(
        target,
        `${sourceCode.getText(statement)}\n${" ".repeat(target.loc.start.column)}`,
      ),
    ],
  };
}

/** The releases that stand in the same block as statements of their own go away; with others it is left alone. */
function useUsing({ statement, siblings, uses }: Handle, sourceCode: SourceCode): Suggestion | undefined {
  const releases = uses.filter((use) => methodOf(use) === "release");
  const statements = releases.map((use) => statementOf(use));
  const removed = statements.filter((one) => one !== undefined && siblings.includes(one));
  if (removed.length !== releases.length) return undefined;
  return {
    messageId: "using",
    fix: (fixer) => [
      fixer.replaceTextRange([statement.range[0], statement.range[0] + "const".length], "await using"),
      ...removed.flatMap((one) => (one === undefined ? [] : [removeStatement(fixer, sourceCode, one)])),
    ],
  };
}

function methodOf(use: Node): string | undefined {
  const { parent } = use;
  if (parent?.type !== AST_NODE_TYPES.MemberExpression || parent.object !== use) return undefined;
  return parent.property.type === AST_NODE_TYPES.Identifier ? parent.property.name : undefined;
}
