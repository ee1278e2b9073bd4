import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import type { Finding } from "../analysis/observations.ts";
import { parentOf } from "../analysis/syntax.ts";
import type { Suggest, Suggestion } from "./create-rule.ts";
import { importLock } from "./lock-import.ts";
import { fitsInArrow, fitsInBlock, needsAsync } from "./relocation.ts";
import {
  contains,
  findVariable,
  indented,
  indentOf,
  isSimple,
  mayAwait,
  siblingsOf,
  statementOf,
  type SourceCode,
} from "./statements.ts";

/** Suggests to lock the statements from the open to the write: by a callback, or by a handle and `finally`. */
export const suggestScope: Suggest = (finding, { sourceCode }) => {
  const section = findSection(finding, sourceCode);
  if (section === undefined) return [];
  return [wrap(sourceCode, section), acquireAround(sourceCode, section)].filter((one) => one !== undefined);
};

interface Section {
  /** The text of the expression that names the file. */
  readonly file: string;
  readonly statements: readonly TSESTree.Statement[];
  readonly first: TSESTree.Statement;
  readonly last: TSESTree.Statement;
}

function findSection({ message, node, related }: Finding, sourceCode: SourceCode): Section | undefined {
  if (message !== "unlocked" || related?.type !== AST_NODE_TYPES.CallExpression) return undefined;
  const [argument] = related.arguments;
  const write = statementOf(node) ?? returnOf(node);
  const open = statementOf(related) ?? returnOf(related);
  if (argument === undefined || !isSimple(argument) || write === undefined || open === undefined)
    return undefined;
  const siblings = siblingsOf(write);
  const from = siblings.indexOf(open);
  const statements = from === -1 ? [] : siblings.slice(from, siblings.indexOf(write) + 1);
  const [first] = statements;
  if (first === undefined || !mayAwait(sourceCode, write) || !fitsInBlock(sourceCode, statements))
    return undefined;
  // What a `using` holds would be gone at the end of the section, and not at that of the block.
  const isDisposing = statements.some((one) => "kind" in one && one.kind.endsWith("using"));
  if (isDisposing && siblings.at(-1) !== write) return undefined;
  return { file: sourceCode.getText(argument), statements, first, last: write };
}

function returnOf(node: TSESTree.Node): TSESTree.Statement | undefined {
  for (let current: TSESTree.Node | undefined = node; current !== undefined; current = parentOf(current)) {
    if (current.type === AST_NODE_TYPES.ReturnStatement) return current;
    if (current.type.endsWith("Statement") || current.type.includes("Function")) return undefined;
  }
  return undefined;
}

function wrap(sourceCode: SourceCode, { file, statements, first, last }: Section): Suggestion | undefined {
  const isReturning = statements.some((statement) =>
    contains(sourceCode, statement, [AST_NODE_TYPES.ReturnStatement]),
  );
  const lock = importLock(sourceCode, "withSessionWriteLock", first);
  if (isReturning || lock === undefined || !fitsInArrow(sourceCode, statements)) return undefined;
  const isAsync = statements.some((statement) => needsAsync(sourceCode, statement));
  const indent = indentOf(first);
  const body = indented(sourceCode, statements);
  const opening = `await ${lock.name}(${file}, ${isAsync ? "async " : ""}() => {`;
  return {
    messageId: "wrap",
    data: { file },
    fix: (fixer) => [
      ...lock.addTo(fixer),
      fixer.replaceTextRange([first.range[0], last.range[1]], `${opening}\n${indent}  ${body}\n${indent}});`),
    ],
  };
}

function acquireAround(
  sourceCode: SourceCode,
  { file, statements, first, last }: Section,
): Suggestion | undefined {
  const acquire = importLock(sourceCode, "acquireSessionWriteLock", first);
  if (acquire === undefined) return undefined;
  const name = ["lock", "sessionLock", "sessionWriteLock"].find(
    (candidate) => findVariable(sourceCode, first, candidate) === undefined,
  );
  const handle = name ?? "acquiredSessionWriteLock";
  const indent = indentOf(first);
  const body = indented(sourceCode, statements);
  const resource = file === "sessionFile" ? file : `sessionFile: ${file}`;
  const lines = [
    `const ${handle} = await ${acquire.name}({ ${resource} });`,
    "try {",
    `  ${body}`,
    "} finally {",
    `  await ${handle}.release();`,
    "}",
  ];
  return {
    messageId: "acquire",
    data: { file },
    fix: (fixer) => [
      ...acquire.addTo(fixer),
      fixer.replaceTextRange([first.range[0], last.range[1]], lines.join(`\n${indent}`)),
    ],
  };
}
