import { valueKey, type ManagerValue, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** Of each place, so many managers that are stored there are told apart. */
const maxManagers = 4;

/** Managers that a function stores where other functions find them: in a variable around them, or in a field. */
export class StoredManagers {
  readonly #places = new Map<string, Map<string, ManagerValue>>();

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** Under a lock nothing is noted: whoever stores the manager may keep the lock as well, for as long. */
  store(cell: string, value: Value, world: World): void {
    if (value.kind !== "manager" || world.held.length > 0) return;
    let managers = this.#places.get(cell);
    if (managers === undefined) this.#places.set(cell, (managers = new Map<string, ManagerValue>()));
    if (managers.size < maxManagers) managers.set(valueKey(value), value);
  }

  /** The world as it may be when a function is called after those that store something. */
  after(world: World): readonly World[] {
    const places = [...this.#places].map(([cell, managers]) => [cell, [...managers.values()]] as const);
    const count = Math.max(0, ...places.map(([, managers]) => managers.length));
    return Array.from({ length: count }, (_, index) =>
      places.reduce((before, [cell, managers]) => before.bind(cell, managers[index] ?? managers[0]), world),
    );
  }
}
