import { groupBy } from "./group.ts";
import { nodeKey } from "./syntax.ts";
import { isPlain, type Value } from "./values.ts";
import type { World } from "./world.ts";

/**
 * Only so many ways that lead to one point are followed. The others are dropped, not made one: what is said of a way
 * is true of it, and a world that stands for several would say what is true of none.
 */
const maxWorlds = 64;
/** How many of them are followed then: far fewer, or every statement of a long file would be run almost as often again. */
const keptWorlds = 12;

/** Of more ways than this that hold the same locks, what differs in plain values is forgotten. */
const maxAlike = 4;

/** The worlds of a point where several ways meet: each once, the first way to it kept as its witness. */
export function meet(worlds: readonly World[]): readonly World[] {
  if (worlds.length < 2) return worlds;
  const unique = undecide(distinct(worlds));
  if (unique.length <= maxAlike) return unique;
  const few = groupBy(unique, locksOf).flatMap(blur);
  // Too many ways are too many also when they were made a little fewer.
  return unique.length > maxWorlds ? choose(few, (world) => world) : few;
}

function distinct(worlds: readonly World[]): readonly World[] {
  const unique = new Map<string, World>();
  for (const world of worlds) if (!unique.has(world.key)) unique.set(world.key, world);
  return [...unique.values()];
}

/**
 * Two ways that agree in all but the truth of one variable are one way that does not know it; where there is such a way,
 * it is also the one that knows.
 */
function undecide(worlds: readonly World[]): readonly World[] {
  const known = new Map(worlds.map((world) => [world.key, world]));
  const waiting = [...worlds];
  // What two ways become is looked at in its turn.
  for (const world of waiting) {
    if (!known.has(world.key)) continue;
    for (const variable of world.decided) {
      const whole = world.undecided(variable);
      const other = whole.assume(variable, world.truthOf(variable) !== true);
      if (!known.has(whole.key) && !known.has(other.key)) continue;
      known.delete(world.key);
      if (known.has(whole.key)) break;
      known.delete(other.key);
      known.set(whole.key, whole);
      waiting.push(whole);
      break;
    }
  }
  return [...known.values()];
}

/**
 * Options and defaults fill many fields and variables: each doubles the ways, and hardly ever does a lock depend on it.
 * What says whether a lock is held says the same on all these ways, and is kept.
 */
function blur(worlds: readonly World[]): readonly World[] {
  if (worlds.length <= maxAlike) return worlds;
  const [first] = worlds;
  if (first === undefined) return worlds;
  const changed = worlds.flatMap((world) => first.bindings.differencesTo(world.bindings));
  const differing = [...new Set(changed)].filter((cell) =>
    worlds.every(({ bindings }) => {
      const value = bindings.get(cell);
      return value === undefined || isPlain(value);
    }),
  );
  return differing.length === 0 ? worlds : distinct(worlds.map((world) => world.leave(differing)));
}

/** Equal for worlds that hold the same locks, managers and code, whatever else they know. */
export function lockKey(world: World): string {
  return `${world.bindings.keyOf(isHeavy)} ${world.lockKey}`;
}

function isHeavy(value: Value): boolean {
  return !isPlain(value);
}

/** What two such worlds agree in; the first itself, if it says nothing that the other does not say. */
export function agreement(world: World, other: World): World {
  const differing = world.bindings.differencesTo(other.bindings);
  const undecided = world.decided.filter((cell) => world.truthOf(cell) !== other.truthOf(cell));
  return world.leave([...differing, ...undecided]);
}

/** As many of the ways as are followed: some for each set of locks that is held, and else as various as can be. */
export function limit<T>(ways: readonly T[], worldOf: (way: T) => World): readonly T[] {
  return ways.length <= maxWorlds ? ways : choose(ways, worldOf);
}

function choose<T>(ways: readonly T[], worldOf: (way: T) => World): readonly T[] {
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
