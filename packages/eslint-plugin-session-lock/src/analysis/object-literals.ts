import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import { methodsOf, selfOf } from "./object-members.ts";
import { staticName } from "./syntax.ts";
import type { Value } from "./values.ts";
import type { World } from "./world.ts";
import { limit } from "./worlds.ts";

/** `{ … }`, with what stands in it, in the order of the text. */
export function evaluateObject(
  machine: Machine,
  node: TSESTree.ObjectExpression,
  world: World,
): readonly Outcome[] {
  let results: readonly { readonly world: World; readonly fields: Map<string, Value> }[] = [
    { world, fields: new Map() },
  ];
  for (const property of node.properties) {
    const isSpread = property.type === AST_NODE_TYPES.SpreadElement;
    const ways = results.flatMap(({ world: before, fields }) => {
      const outcomes = isSpread
        ? machine.evaluate(property, before)
        : property.computed
          ? machine
              .evaluate(property.key, before)
              .flatMap((key) => machine.evaluate(property.value, key.world))
          : machine.evaluate(property.value, before);
      return outcomes.map(({ world: after, value }) => {
        const filled = outcomes.length === 1 ? fields : new Map(fields);
        if (isSpread) {
          if (value.kind === "object") for (const [name, field] of value.fields) filled.set(name, field);
        } else {
          const name = property.kind === "set" ? undefined : staticName(property.key, property.computed);
          filled.set(name ?? `*${property.range[0]}`, value);
        }
        return { world: after, fields: filled };
      });
    });
    results = limit(ways, (way) => way.world);
  }
  return results.map(({ world: after, fields }) => {
    const value = { kind: "object", fields } as const;
    for (const method of methodsOf(value)) machine.selves.set(method.node, selfOf(value));
    return { world: after, value };
  });
}
