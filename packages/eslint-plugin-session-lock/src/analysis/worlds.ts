import { groupBy } from "./group.ts";
import { nodeKey } from "./syntax.ts";
import type { Table } from "./table.ts";
import { valueKey, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** Beyond this many worlds at one point, those that agree on the locks are told apart no longer. */
const maxWorlds = 96;

/** The worlds of a point where several ways meet: each once, the first way to it kept as its witness. */
export function meet(worlds: readonly World[]): readonly World[] {
  if (worlds.length < 2) return worlds;
  const unique = new Map<string, World>();
  for (const world of worlds) if (!unique.has(world.key)) unique.set(world.key, world);
  return unique.size <= maxWorlds ? [...unique.values()] : coarsen([...unique.values()]);
}

function coarsen(worlds: readonly World[]): readonly World[] {
  return groupBy(worlds, locksOf).flatMap((group) => {
    const [first, ...others] = group;
    return first === undefined ? [] : [first.coarse(commonBindings(first, others))];
  });
}

function locksOf(world: World): string {
  const held = world.held.map(({ lock, owner }) => `${nodeKey(lock.site)}${owner ?? ""}`).sort();
  return `${held.join()}|${world.pending.map(nodeKey).sort().join()}`;
}

function commonBindings(first: World, others: readonly World[]): Table<Value> {
  let common = first.bindings;
  for (const [cell, value] of first.bindings) {
    const key = valueKey(value);
    const isCommon = others.every((other) => {
      const theirs = other.bindings.get(cell);
      return theirs !== undefined && valueKey(theirs) === key;
    });
    if (!isCommon) common = common.with(cell, undefined);
  }
  return common;
}
