import { groupBy } from "./group.ts";
import { nodeKey } from "./syntax.ts";
import type { World } from "./world.ts";

/**
 * Only so many ways that lead to one point are followed. The others are dropped, not made one: what is said of a way
 * is true of it, and a world that stands for several would say what is true of none.
 */
const maxWorlds = 96;
/** How many of them are followed then: far fewer, or every statement of a long file would be run almost as often again. */
const keptWorlds = 12;

/** The worlds of a point where several ways meet: each once, the first way to it kept as its witness. */
export function meet(worlds: readonly World[]): readonly World[] {
  if (worlds.length < 2) return worlds;
  const unique = new Map<string, World>();
  for (const world of worlds) if (!unique.has(world.key)) unique.set(world.key, world);
  return limit([...unique.values()], (world) => world);
}

/** As many of the ways as are followed: some for each set of locks that is held, and else as various as can be. */
export function limit<T>(ways: readonly T[], worldOf: (way: T) => World): readonly T[] {
  if (ways.length <= maxWorlds) return ways;
  const indexes = ways.map((_, index) => index).sort((left, right) => mix(left) - mix(right));
  const mixed = indexes.flatMap((index) => ways[index] ?? []);
  const groups = groupBy(mixed, (way) => locksOf(worldOf(way)));
  const chosen = new Set<T>();
  for (let round = 0; chosen.size < keptWorlds && round < ways.length; round += 1) {
    for (const group of groups) {
      const way = group[round];
      if (way !== undefined && chosen.size < (round === 0 ? maxWorlds : keptWorlds)) chosen.add(way);
    }
  }
  return ways.filter((way) => chosen.has(way));
}

function locksOf(world: World): string {
  const held = world.held.map(({ lock, owner }) => `${nodeKey(lock.site)}${owner ?? ""}`).sort();
  return `${held.join()}|${world.pending.map(nodeKey).sort().join()}`;
}

/** Neighbours come from one decision; this tears them apart, in the same way each time. */
function mix(index: number): number {
  let mixed = Math.imul(index + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
