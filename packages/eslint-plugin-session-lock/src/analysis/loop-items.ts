import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { assignPattern } from "./bindings.ts";
import { iterate } from "./generators.ts";
import type { Machine } from "./machine.ts";
import { nodeKey, type Node } from "./syntax.ts";
import { unknown, valueKey, type Value } from "./values.ts";
import type { World } from "./world.ts";

type List = Extract<Value, { kind: "list" }>;

/** What the loop goes over is remembered until it ends; the empty text stands for a round that was run. */
function cellsOf(node: TSESTree.ForOfStatement): readonly [list: string, begun: string] {
  return [`${nodeKey(node)} list`, `${nodeKey(node)} begun`];
}

/** A loop over a list that we know the items of. */
export function enterItems(machine: Machine, node: TSESTree.ForOfStatement, world: World): readonly World[] {
  const [cell] = cellsOf(node);
  return machine
    .evaluate(node.right, world)
    .flatMap(({ world: before, value }) =>
      value.kind === "list" && itemsOf(value).length > 0
        ? [before.bind(cell, value)]
        : iterate(machine, value, before),
    );
}

/** The world in which the loop ends; one that ran no round had no items, and so no work of theirs either. */
export function leaveItems(node: TSESTree.ForOfStatement, world: World): World {
  const [cell, begun] = cellsOf(node);
  const list = world.bindings.get(cell);
  if (list?.kind !== "list") return world;
  return (world.bindings.has(begun) ? world : world.settle(workOf(list.items))).leave([cell, begun]);
}

/** Gives the loop's variable its next value, whichever item that is. */
export function bindItem(machine: Machine, node: TSESTree.ForOfStatement, world: World): readonly World[] {
  const [cell, begun] = cellsOf(node);
  const list = world.bindings.get(cell);
  if (list?.kind !== "list") return bindNext(machine, node.left, unknown, world);
  const entered = world.bind(begun, { kind: "boolean", value: true });
  return itemsOf(list).flatMap((item) => {
    const isAwaited = node.await && item.kind === "promise";
    return isAwaited
      ? bindNext(machine, node.left, item.result, entered.settle(item.work))
      : bindNext(machine, node.left, item, entered);
  });
}

export function bindNext(
  machine: Machine,
  left: TSESTree.ForOfStatement["left"],
  value: Value,
  world: World,
): readonly World[] {
  const pattern = left.type === AST_NODE_TYPES.VariableDeclaration ? left.declarations[0].id : left;
  return assignPattern(machine, pattern, value, world);
}

/**
 * The different items; those that cannot matter are one. Empty if none can. Promises count as one that waits for
 * the work of all: whoever awaits one item of a list in a loop awaits them all.
 */
function itemsOf({ items }: List): readonly Value[] {
  const different = new Map<string, Value>();
  const work = workOf(items);
  for (const item of items) {
    const value = plain.has(item.kind) ? unknown : item.kind === "promise" ? { ...item, work } : item;
    different.set(valueKey(value), value);
  }
  return different.size === 1 && different.has(valueKey(unknown)) ? [] : [...different.values()];
}

function workOf(items: readonly Value[]): readonly Node[] {
  return items.flatMap((item) => (item.kind === "promise" ? item.work : []));
}

/** A callback is run for so many items of a list. */
const maxItems = 8;

/** The items for which a callback is run, with the files that they name. */
export function differentItems({ items }: List): readonly Value[] {
  return [...new Map(items.map((item) => [valueKey(item), item])).values()].slice(0, maxItems);
}

const plain: ReadonlySet<Value["kind"]> = new Set(["boolean", "global", "nullish", "unknown"]);
