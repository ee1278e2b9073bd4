import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import { find, needleFor } from "../analysis/search.ts";
import { isFunction, parentOf, staticName, type Node } from "../analysis/syntax.ts";
import { glanceAt } from "../context.ts";
import { documented, nothingToHear, type Rule } from "./create-rule.ts";
import { importLock } from "./lock-import.ts";
import { fitsInArrow, isUsedOutside, needsAsync } from "./relocation.ts";
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
  const isKept = isUsedOutside(lock, [declaration.range[0], body.range[1]]);
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
  const options = readOptions(acquire);
  if (options === undefined || !mayAwait(sourceCode, declaration)) return undefined;
  if (!fitsInArrow(sourceCode, [body.block]) || losesComments(shape, options, sourceCode)) return undefined;
  const isReturning = contains(sourceCode, body.block, [AST_NODE_TYPES.ReturnStatement]);
  if (isReturning && !isLast(body)) return undefined;
  const isAsync = needsAsync(sourceCode, body.block);
  const isUsed = lock.references.some(
    ({ identifier }) =>
      identifier.range[0] > body.block.range[0] && identifier.range[1] < body.block.range[1],
  );
  const wrapper = importLock(sourceCode, "withSessionWriteLock", declaration);
  if (wrapper === undefined) return undefined;
  const parameters = `${isAsync ? "async " : ""}(${isUsed ? lock.name : ""})`;
  const file = sourceCode.getText(options.file);
  const rest = options.rest.map((property) => sourceCode.getText(property)).join(", ");
  const call = `${isReturning ? "return " : ""}await ${wrapper.name}(${file}, ${parameters} => ${sourceCode.getText(body.block)}`;
  const end = rest === "" ? ");" : `, { ${rest} });`;
  return (fixer) => [
    ...wrapper.addTo(fixer),
    fixer.replaceTextRange([declaration.range[0], body.range[1]], call + end),
  ];
}

/** The options of an acquire: the expression that names the file, and the other properties. */
interface Options {
  readonly file: Node;
  readonly rest: readonly Node[];
}

function readOptions({ arguments: [argument, ...others] }: TSESTree.CallExpression): Options | undefined {
  if (argument?.type !== AST_NODE_TYPES.ObjectExpression || others.length > 0) return undefined;
  const { properties } = argument;
  const file = properties.find(
    (property): property is TSESTree.Property =>
      property.type === AST_NODE_TYPES.Property &&
      property.value.type !== AST_NODE_TYPES.SequenceExpression &&
      property.kind === "init" &&
      !property.method &&
      staticName(property.key, property.computed) === "sessionFile",
  );
  if (file === undefined || properties.some(({ type }) => type === AST_NODE_TYPES.SpreadElement))
    return undefined;
  return { file: file.value, rest: properties.filter((property) => property !== file) };
}

/** True if a comment stands where the fix leaves nothing: in the acquire, in the `finally`, or between. */
function losesComments({ declaration, body }: Shape, options: Options, sourceCode: SourceCode): boolean {
  const kept = [options.file, ...options.rest, body.block];
  const isInside = (comment: TSESTree.Comment, [start, end]: TSESTree.Range): boolean =>
    comment.range[0] >= start && comment.range[1] <= end;
  return sourceCode
    .getAllComments()
    .some(
      (comment) =>
        isInside(comment, [declaration.range[0], body.range[1]]) &&
        !kept.some(({ range }) => isInside(comment, range)),
    );
}

/** True for the last statement of a function: what is returned from it is what the function returns. */
function isLast(statement: TSESTree.Statement): boolean {
  const block = parentOf(statement);
  const owner = block === undefined ? undefined : parentOf(block);
  return siblingsOf(statement).at(-1) === statement && owner !== undefined && isFunction(owner);
}
