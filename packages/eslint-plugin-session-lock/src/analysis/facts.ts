import { isWaitedFor } from "./awaited-calls.ts";
import type { Call } from "./calls.ts";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import type { WriteObservation } from "./observations.ts";
import type { FunctionNode, Node } from "./syntax.ts";
import type { Held, World } from "./world.ts";

/** A call of something that a function was given. */
export interface GivenCall {
  readonly call: Node;
  /** The cell of the parameter. */
  readonly cell: string;
  readonly held: readonly Held[];
  readonly isAwaited: boolean;
}

/** What was seen of the functions that other files can call, each run by itself. */
export class Facts {
  readonly #ends = new Map<Node, Outcome[]>();
  readonly #calls = new Map<Node, GivenCall[]>();
  #writes: readonly WriteObservation[] = [];

  noteEnd(node: FunctionNode, returns: readonly Outcome[]): void {
    this.#ends.set(node, [...(this.#ends.get(node) ?? []), ...returns]);
  }

  noteCall(machine: Machine, { node, callee }: Call, world: World): void {
    const file = callee.kind === "unknown" ? callee.file : undefined;
    const [root] = machine.activation.running;
    if (file?.kind !== "path" || file.properties.length > 0 || root === undefined) return;
    const isAwaited = isWaitedFor(machine, node);
    const seen = { call: node, cell: file.root, held: world.held, isAwaited };
    this.#calls.set(root, [...(this.#calls.get(root) ?? []), seen]);
  }

  noteWrites(writes: readonly WriteObservation[]): void {
    this.#writes = writes;
  }

  /** Every way in which the function ended normally; none if it was not run. */
  endsOf(node: FunctionNode): readonly Outcome[] {
    return this.#ends.get(node) ?? [];
  }

  callsIn(node: FunctionNode): readonly GivenCall[] {
    return this.#calls.get(node) ?? [];
  }

  /** The writes that the function does, or what it calls. */
  writesIn(node: FunctionNode): readonly WriteObservation[] {
    return this.#writes.filter(({ activation }) => activation.running[0] === node);
  }

  /** Those that it does without a lock. */
  refusalsIn(node: FunctionNode): readonly WriteObservation[] {
    return this.writesIn(node).filter(({ problem }) => problem !== undefined);
  }
}
