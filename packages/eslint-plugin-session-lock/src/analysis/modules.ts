import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Call } from "./calls.ts";
import type { Machine } from "./machine.ts";
import { textOfConstant } from "./resolve.ts";
import { staticName, unwrap, type Node } from "./syntax.ts";
import type { Value } from "./values.ts";

/** What compilers put around `require`: TypeScript's helpers, and esbuild's. */
const wrappers: ReadonlySet<string> = new Set(["__importDefault", "__importStar", "__toESM"]);

/** The module that `import(…)` or `require(…)` of an expression gives. */
export function moduleOf(machine: Machine, source: Node | undefined): Value | undefined {
  const from = source === undefined ? undefined : textOf(machine, source);
  return from === undefined ? undefined : { kind: "module", from };
}

/** The text that an expression surely is, written there or as a constant. */
export function textOf(machine: Machine, node: Node): string | undefined {
  const inner = unwrap(node);
  const constant = inner.type === AST_NODE_TYPES.Identifier ? textOfConstant(machine.scope, inner, 0) : inner;
  return constant === undefined ? undefined : staticName(constant, true);
}

/** The module that a call of a compiler's helper hands on. */
export function wrappedModule({ node, args }: Call): Value | undefined {
  const [first] = args;
  if (first?.kind !== "module") return undefined;
  let callee = unwrap(node.callee);
  if (callee.type === AST_NODE_TYPES.SequenceExpression) callee = callee.expressions.at(-1) ?? callee;
  if (callee.type === AST_NODE_TYPES.MemberExpression) callee = callee.property;
  return callee.type === AST_NODE_TYPES.Identifier && wrappers.has(callee.name) ? first : undefined;
}

/** `createRequire(…)` gives a `require`. */
export function isCreateRequire(name: string): boolean {
  return /^(?:node:)?module:createRequire$/.test(name);
}
