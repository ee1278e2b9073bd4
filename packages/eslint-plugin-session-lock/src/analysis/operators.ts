import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { assignPattern } from "./bindings.ts";
import { branch } from "./conditions.ts";
import type { Outcome } from "./frame.ts";
import { evaluateAll, one, andThen, type Machine } from "./machine.ts";
import type { Node } from "./syntax.ts";
import { unknown } from "./values.ts";
import type { World } from "./world.ts";

/** `a && b`, `a || b`, `a ?? b`. */
export function evaluateLogical(
  machine: Machine,
  node: TSESTree.LogicalExpression,
  world: World,
): readonly Outcome[] {
  const { left, right, operator } = node;
  if (operator === "??") {
    const outcomes = andThen(machine.evaluate(left, world), (after, value) => {
      if (value.kind === "nullish") return machine.evaluate(right, after);
      const isKnown = value.kind !== "unknown" && value.kind !== "global";
      return isKnown ? one(after, value) : [{ world: after, value }, ...machine.evaluate(right, after)];
    });
    return blend(outcomes);
  }
  const { whenTrue, whenFalse } = branch(machine, left, world);
  const stays = operator === "&&" ? whenFalse : whenTrue;
  const goesOn = operator === "&&" ? whenTrue : whenFalse;
  return blend([
    ...stays.flatMap((before) => stayWith(machine, left, before, operator === "&&")),
    ...goesOn.flatMap((before) => machine.evaluate(right, before)),
  ]);
}

/** The left value of `a && b` or `a || b` that decided; only names are read again, for their value. */
function stayWith(machine: Machine, left: Node, world: World, isFalsy: boolean): readonly Outcome[] {
  if (isFalsy) return one(world, { kind: "boolean", value: false });
  return left.type === AST_NODE_TYPES.Identifier ? machine.evaluate(left, world) : one(world);
}

/** `a = b` and its like; `a ??= b`, `a ||= b` and `a &&= b` evaluate `b` only where they assign it. */
export function evaluateAssignment(
  machine: Machine,
  node: TSESTree.AssignmentExpression,
  world: World,
): readonly Outcome[] {
  const { left, right, operator } = node;
  const assign = (outcomes: readonly Outcome[]): readonly Outcome[] =>
    outcomes.flatMap(({ world: before, value }) =>
      assignPattern(machine, left, value, before, right).map((after) => ({ world: after, value })),
    );
  if (operator === "=") return assign(machine.evaluate(right, world));
  if (operator === "??=" || operator === "||=" || operator === "&&=") {
    return andThen(machine.evaluate(left, world), (before, value) => {
      const isKept = value.kind !== "unknown" && value.kind !== "global" && value.kind !== "nullish";
      if (isKept && operator !== "&&=") return one(before, value);
      const assigned = assign(machine.evaluate(right, before));
      return value.kind === "nullish" && operator !== "&&="
        ? assigned
        : [{ world: before, value }, ...assigned];
    });
  }
  return evaluateAll(machine, [left, right], world).flatMap(({ world: before }) =>
    assignPattern(machine, left, unknown, before).map((after) => ({ world: after, value: unknown })),
  );
}

/** Outcomes that differ only in values nobody needs are one outcome. */
export function blend(outcomes: readonly Outcome[]): readonly Outcome[] {
  const blended = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const isPlain =
      outcome.value.kind === "unknown" || outcome.value.kind === "boolean" || outcome.value.kind === "global";
    const key = `${outcome.world.key}${isPlain ? "" : `|${blended.size}`}`;
    blended.set(key, blended.has(key) ? { world: outcome.world, value: unknown } : outcome);
  }
  return [...blended.values()];
}
