import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { unwrap } from "./syntax.ts";
import type { RawWriteSpec } from "./vocabulary.ts";

/** True unless the flags of an `open`, as they are written, ask for writing. Other functions always write. */
export function isReading(
  args: readonly TSESTree.CallExpressionArgument[],
  { flags }: RawWriteSpec,
): boolean {
  if (flags === undefined) return false;
  const argument = args.at(flags);
  const flag = argument === undefined ? undefined : unwrap(argument);
  return flag?.type !== AST_NODE_TYPES.Literal || !/[aw+]/.test(String(flag.value));
}
