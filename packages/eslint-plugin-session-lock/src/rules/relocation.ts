import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint } from "@typescript-eslint/utils";
import { isFunction, type Node } from "../analysis/syntax.ts";
import { childrenOf } from "../analysis/words.ts";
import { contains, type SourceCode } from "./statements.ts";

/** True if nothing outside the code can tell that it stands in a block of its own. */
export function fitsInBlock(sourceCode: SourceCode, nodes: readonly Node[]): boolean {
  return !nodes.some(
    (node) => contains(sourceCode, node, moduleItems) || declaresForOthers(sourceCode, node, rangeOf(nodes)),
  );
}

/**
 * True if the code means the same as the body of an arrow function, `return` aside. Such a function keeps `this`,
 * `arguments` and `super`, but nothing jumps or yields out of it, and no `var` leaves it.
 */
export function fitsInArrow(sourceCode: SourceCode, nodes: readonly Node[]): boolean {
  return fitsInBlock(sourceCode, nodes) && !nodes.some((node) => jumps(sourceCode, node, nowhere));
}

/** True if a function needs `async` to hold the code. */
export function needsAsync(sourceCode: SourceCode, node: Node): boolean {
  if (isFunction(node)) return false;
  if (node.type === AST_NODE_TYPES.AwaitExpression) return true;
  if (node.type === AST_NODE_TYPES.ForOfStatement && node.await) return true;
  if (node.type === AST_NODE_TYPES.VariableDeclaration && node.kind === "await using") return true;
  return childrenOf(sourceCode, node).some((child) => needsAsync(sourceCode, child));
}

/** What stands at the top of a module and nowhere else. */
const moduleItems = [
  AST_NODE_TYPES.ImportDeclaration,
  AST_NODE_TYPES.ExportAllDeclaration,
  AST_NODE_TYPES.ExportDefaultDeclaration,
  AST_NODE_TYPES.ExportNamedDeclaration,
  AST_NODE_TYPES.TSExportAssignment,
  AST_NODE_TYPES.TSImportEqualsDeclaration,
];

function rangeOf(nodes: readonly Node[]): readonly [number, number] {
  return [nodes[0]?.range[0] ?? 0, nodes.at(-1)?.range[1] ?? 0];
}

function declaresForOthers(sourceCode: SourceCode, node: Node, range: readonly [number, number]): boolean {
  const isForOthers = sourceCode
    .getDeclaredVariables(node)
    .some((variable) => isUsedOutside(variable, range));
  if (isForOthers || isFunction(node)) return isForOthers;
  return childrenOf(sourceCode, node).some((child) => declaresForOthers(sourceCode, child, range));
}

/** True if the name is mentioned before the range or behind it. */
export function isUsedOutside(
  { references }: TSESLint.Scope.Variable,
  [start, end]: readonly [number, number],
): boolean {
  return references.some(({ identifier: { range } }) => range[0] < start || range[1] > end);
}

/** What a jump may lead to inside the code. */
interface Targets {
  readonly mayBreak: boolean;
  readonly mayContinue: boolean;
  readonly labels: readonly string[];
}

const nowhere: Targets = { mayBreak: false, mayContinue: false, labels: [] };

/** True if a `break`, `continue` or `yield` leads out of the code. */
function jumps(sourceCode: SourceCode, node: Node, targets: Targets): boolean {
  if (isFunction(node)) return false;
  let inside = targets;
  switch (node.type) {
    case AST_NODE_TYPES.YieldExpression:
      return true;
    case AST_NODE_TYPES.BreakStatement:
      return node.label === null ? !targets.mayBreak : !targets.labels.includes(node.label.name);
    case AST_NODE_TYPES.ContinueStatement:
      return node.label === null ? !targets.mayContinue : !targets.labels.includes(node.label.name);
    case AST_NODE_TYPES.LabeledStatement:
      inside = { ...targets, labels: [...targets.labels, node.label.name] };
      break;
    case AST_NODE_TYPES.SwitchStatement:
      inside = { ...targets, mayBreak: true };
      break;
    case AST_NODE_TYPES.ForStatement:
    case AST_NODE_TYPES.ForInStatement:
    case AST_NODE_TYPES.ForOfStatement:
    case AST_NODE_TYPES.WhileStatement:
    case AST_NODE_TYPES.DoWhileStatement:
      inside = { ...targets, mayBreak: true, mayContinue: true };
      break;
    default:
  }
  return childrenOf(sourceCode, node).some((child) => jumps(sourceCode, child, inside));
}
