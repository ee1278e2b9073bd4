import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import { find, needleFor } from "../analysis/search.ts";
import { isFunction, parentOf, type Node } from "../analysis/syntax.ts";
import { childrenOf } from "../analysis/words.ts";
import { glanceAt } from "../context.ts";
import { documented, nothingToHear, type Rule } from "./create-rule.ts";
import { importLock } from "./lock-import.ts";
import { contains, mayAwait, siblingsOf, type SourceCode } from "./statements.ts";

type Context = Readonly<TSESLint.RuleContext<"prefer", readonly unknown[]>>;

const rule = documented<[], "prefer">({
  name: "prefer-with-session-lock",
  meta: {
    type: "suggestion",
    docs: { description: "enforce `withSessionWriteLock()` where a handle is acquired, tried and released" },
    fixable: "code",
    messages: {
      prefer:
        "This acquire, `try` and release are what `withSessionWriteLock()` does, and inside it a nested acquire re-enters. Use it.",
    },
    schema: [],
    defaultOptions: [],
  },
  create: listen,
});

/** Reports a handle that is acquired, used in one `try` and released in its `finally`. */
export const preferWithSessionLock: Rule<"prefer"> = { ...rule, create: listen };

function listen(context: Context): Record<string, () => void> {
  if (find(glanceAt(context).text, needleFor("acquireSessionWriteLock")) === -1) return nothingToHear;
  return {
    "Program:exit": () => {
      const { sourceCode } = context;
      for (const call of acquiresIn(sourceCode)) {
        const shape = readShape(call, sourceCode);
        if (shape === undefined) continue;
        const fix = fixOf(shape, sourceCode);
        context.report({ node: call.callee, messageId: "prefer", ...(fix === undefined ? {} : { fix }) });
      }
    },
  };
}

/** The calls of `acquireSessionWriteLock` as it is imported from `session-lock`. */
function acquiresIn(sourceCode: SourceCode): readonly TSESTree.CallExpression[] {
  const specifiers = sourceCode.ast.body.flatMap((statement) =>
    statement.type === AST_NODE_TYPES.ImportDeclaration && statement.source.value === "session-lock"
      ? statement.specifiers
      : [],
  );
  return specifiers
    .filter(
      (specifier) =>
        specifier.type === AST_NODE_TYPES.ImportSpecifier &&
        specifier.imported.type === AST_NODE_TYPES.Identifier &&
        specifier.imported.name === "acquireSessionWriteLock",
    )
    .flatMap((specifier) => sourceCode.getDeclaredVariables(specifier))
    .flatMap(({ references }) => references)
    .flatMap(({ identifier: { parent } }) => (parent.type === AST_NODE_TYPES.CallExpression ? [parent] : []));
}

/** `const lock = await acquireSessionWriteLock({ sessionFile }); try { … } finally { await lock.release(); }` */
interface Shape {
  readonly declaration: TSESTree.VariableDeclaration;
  readonly lock: TSESLint.Scope.Variable;
  readonly acquire: TSESTree.CallExpression;
  readonly body: TSESTree.TryStatement;
}

function readShape(acquire: TSESTree.CallExpression, sourceCode: SourceCode): Shape | undefined {
  const { parent: awaited } = acquire;
  const declarator = awaited.parent;
  if (
    awaited.type !== AST_NODE_TYPES.AwaitExpression ||
    declarator?.type !== AST_NODE_TYPES.VariableDeclarator
  )
    return undefined;
  const { id, parent: declaration } = declarator;
  const isPlain = declaration.kind === "const" && declaration.declarations.length === 1;
  if (!isPlain || id.type !== AST_NODE_TYPES.Identifier) return undefined;
  const siblings = siblingsOf(declaration);
  const body = siblings[siblings.indexOf(declaration) + 1];
  const [lock] = sourceCode.getDeclaredVariables(declaration);
  if (lock === undefined || body?.type !== AST_NODE_TYPES.TryStatement || body.handler !== null)
    return undefined;
  const [release, ...others] = body.finalizer?.body ?? [];
  if (release === undefined || others.length > 0 || !isRelease(release, id.name)) return undefined;
  const isKept = lock.references.some(({ identifier }) => identifier.range[0] > body.range[1]);
  return isKept ? undefined : { declaration, lock, acquire, body };
}

function isRelease(statement: TSESTree.Statement, name: string): boolean {
  if (statement.type !== AST_NODE_TYPES.ExpressionStatement) return false;
  const { expression } = statement;
  const call = expression.type === AST_NODE_TYPES.AwaitExpression ? expression.argument : expression;
  if (call.type !== AST_NODE_TYPES.CallExpression || call.callee.type !== AST_NODE_TYPES.MemberExpression)
    return false;
  const { object, property } = call.callee;
  const isMethod = property.type === AST_NODE_TYPES.Identifier && property.name === "release";
  return isMethod && object.type === AST_NODE_TYPES.Identifier && object.name === name;
}

function fixOf(shape: Shape, sourceCode: SourceCode): TSESLint.ReportFixFunction | undefined {
  const { declaration, acquire, body, lock } = shape;
  const options = readOptions(acquire, sourceCode);
  if (options === undefined || !mayAwait(sourceCode, declaration)) return undefined;
  if (crosses(sourceCode, body.block, false)) return undefined;
  const isReturning = contains(sourceCode, body.block, [AST_NODE_TYPES.ReturnStatement]);
  if (isReturning && !isLast(body)) return undefined;
  const isAsync = contains(sourceCode, body.block, [AST_NODE_TYPES.AwaitExpression]);
  const isUsed = lock.references.some(
    ({ identifier }) =>
      identifier.range[0] > body.block.range[0] && identifier.range[1] < body.block.range[1],
  );
  const wrapper = importLock(sourceCode, "withSessionWriteLock");
  const parameters = `${isAsync ? "async " : ""}(${isUsed ? lock.name : ""})`;
  const call = `${isReturning ? "return " : ""}await ${wrapper.name}(${options.file}, ${parameters} => ${sourceCode.getText(body.block)}`;
  const end = options.rest === "" ? ");" : `, { ${options.rest} });`;
  return (fixer) => [
    ...wrapper.addTo(fixer),
    fixer.replaceTextRange([declaration.range[0], body.range[1]], call + end),
  ];
}

/** The file and the other options of the acquire, as they are written. */
function readOptions(
  { arguments: [argument] }: TSESTree.CallExpression,
  sourceCode: SourceCode,
): { readonly file: string; readonly rest: string } | undefined {
  if (argument?.type !== AST_NODE_TYPES.ObjectExpression) return undefined;
  const isFile = (property: TSESTree.ObjectLiteralElement): property is TSESTree.Property =>
    property.type === AST_NODE_TYPES.Property &&
    !property.computed &&
    property.key.type === AST_NODE_TYPES.Identifier &&
    property.key.name === "sessionFile";
  const file = argument.properties.find(isFile);
  if (file === undefined || argument.properties.some(({ type }) => type === AST_NODE_TYPES.SpreadElement))
    return undefined;
  const others = argument.properties.filter((property) => property !== file);
  return {
    file: sourceCode.getText(file.value),
    rest: others.map((property) => sourceCode.getText(property)).join(", "),
  };
}

/** True if a `break`, `continue` or `yield` leads out of the code. */
function crosses(sourceCode: SourceCode, node: Node, isInLoop: boolean): boolean {
  if (isFunction(node)) return false;
  if (node.type === AST_NODE_TYPES.YieldExpression) return true;
  if (node.type === AST_NODE_TYPES.BreakStatement || node.type === AST_NODE_TYPES.ContinueStatement) {
    return node.label !== null || !isInLoop;
  }
  const isInside = isInLoop || /^(?:For|While|DoWhile)/.test(node.type);
  return childrenOf(sourceCode, node).some((child) => crosses(sourceCode, child, isInside));
}

/** True for the last statement of a function: what is returned from it is what the function returns. */
function isLast(statement: TSESTree.Statement): boolean {
  const block = parentOf(statement);
  const owner = block === undefined ? undefined : parentOf(block);
  return siblingsOf(statement).at(-1) === statement && owner !== undefined && isFunction(owner);
}
