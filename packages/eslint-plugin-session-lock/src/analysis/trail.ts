import type { TSESTree } from "@typescript-eslint/utils";

/** A call that hands a value on. */
export type Handing = TSESTree.CallExpression | TSESTree.NewExpression;

interface Step {
  readonly from: unknown;
  readonly call: Handing | undefined;
}

export interface Ways<Place> {
  readonly places: readonly Place[];
  readonly calls: ReadonlySet<Handing>;
}

/**
 * The way of a trace from one place to the next. Each is visited once; all the steps to it are kept, to tell afterwards
 * which calls lie on a way to something that the trace looked for.
 */
export class Trail<Place> {
  readonly #queue: Place[];
  readonly #visited: Place[] = [];
  readonly #seen = new Set<unknown>();
  readonly #steps = new Map<unknown, Step[]>();
  readonly #ends = new Set<unknown>();
  #at: unknown;

  constructor(start: Place) {
    this.#queue = [start];
  }

  get length(): number {
    return this.#seen.size;
  }

  get hasEnd(): boolean {
    return this.#ends.size > 0;
  }

  /** Goes to the next place that is to be visited. */
  next(): Place | undefined {
    for (let place = this.#queue.pop(); place !== undefined; place = this.#queue.pop()) {
      if (this.#seen.has(place)) continue;
      this.#seen.add(place);
      this.#visited.push(place);
      this.#at = place;
      return place;
    }
    return undefined;
  }

  /** The place is to be visited; the value comes from there by way of the call, if there is one. */
  push(place: Place, call?: Handing): void {
    this.#step(place, call);
    this.#queue.push(place);
  }

  /** Goes at once to what stands between places: a variable, or the name of a property. False: it has been there. */
  enter(between: object | string): boolean {
    this.#step(between, undefined);
    if (this.#seen.has(between)) return false;
    this.#seen.add(between);
    this.#at = between;
    return true;
  }

  /** This is what the trace looked for. */
  end(): void {
    this.#ends.add(this.#at);
  }

  /** What lies on the ways from the start to the ends: the places, and the calls that hand the value on. */
  waysToEnds(): Ways<Place> {
    const calls = new Set<Handing>();
    const places = new Set<unknown>(this.#ends);
    for (const place of places) {
      for (const { from, call } of this.#steps.get(place) ?? []) {
        if (call !== undefined) calls.add(call);
        places.add(from);
      }
    }
    return { calls, places: this.#visited.filter((place) => places.has(place)) };
  }

  #step(to: unknown, call: Handing | undefined): void {
    const step = { from: this.#at, call };
    const steps = this.#steps.get(to);
    if (steps === undefined) this.#steps.set(to, [step]);
    else steps.push(step);
  }
}
