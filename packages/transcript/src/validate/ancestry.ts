/**
 * Answers "is this row above that one?" in logarithmic time.
 *
 * Each row has, besides its parent, a jump to a row further up, chosen so that jumps double. A parent that comes later
 * in the file counts as none.
 */
export class Ancestry {
  readonly #parent: Int32Array;
  readonly #depth: Int32Array;
  readonly #jump: Int32Array;

  /** For each row the row of its parent, negative for none. */
  constructor(parents: readonly number[]) {
    this.#parent = new Int32Array(parents.length);
    this.#depth = new Int32Array(parents.length);
    this.#jump = new Int32Array(parents.length);
    for (let at = 0; at < parents.length; at += 1) this.#place(at, parents[at] ?? -1);
  }

  /** True when `above` is on the way from `below` to its root; a row is above itself. */
  isAbove(above: number, below: number): boolean {
    const target = this.#depth[above] ?? 0;
    let at = below;
    while (at >= 0 && (this.#depth[at] ?? 0) > target) {
      const jump = this.#jump[at] ?? -1;
      at = jump >= 0 && (this.#depth[jump] ?? 0) >= target ? jump : (this.#parent[at] ?? -1);
    }
    return at === above;
  }

  #place(at: number, parent: number): void {
    if (parent < 0 || parent >= at) {
      this.#parent[at] = -1;
      this.#jump[at] = -1;
      return;
    }
    this.#parent[at] = parent;
    this.#depth[at] = (this.#depth[parent] ?? 0) + 1;
    const jump = this.#jump[parent] ?? -1;
    const further = jump < 0 ? -1 : (this.#jump[jump] ?? -1);
    const isEven = jump >= 0 && further >= 0 && this.#gap(parent, jump) === this.#gap(jump, further);
    this.#jump[at] = isEven ? further : parent;
  }

  #gap(below: number, above: number): number {
    return (this.#depth[below] ?? 0) - (this.#depth[above] ?? 0);
  }
}
