import { Frame, type Outcome } from "./frame.ts";
import type { Contract } from "./contracts.ts";
import type { Facts } from "./facts.ts";
import type { TypeFacts } from "./receivers.ts";
import type { Recorder } from "./recorder.ts";
import type { ScopeIndex } from "./resolve.ts";
import type { Signature } from "./signatures.ts";
import type { ClassNode, FunctionNode, Node, Variable } from "./syntax.ts";
import { unknown, type Value } from "./values.ts";
import type { Api, Vocabulary } from "./vocabulary.ts";
import type { World } from "./world.ts";
import { limit } from "./worlds.ts";

/** One run of a function's body. */
export interface Activation {
  /** Names the activation as the owner of the locks it acquires. */
  readonly key: string;
  readonly node: Node;
  readonly self: Value | undefined;
  /** The calls through which it was entered, outermost first; empty for a function analysed by itself. */
  readonly calls: readonly Node[];
  /** The functions that are running, to stop at recursion. */
  readonly running: readonly Node[];
  /** Set if the function was handed to code that may call it when no lock is held any more. */
  readonly callback: { readonly to: Node; readonly held: boolean } | undefined;
  /** True if its caller awaits what it returns before it goes on. */
  readonly isAwaited?: boolean;
}

/** A function that is run later: other code may call it then, or it is called too deep inside others. */
export interface Escape extends Pick<Activation, "self" | "callback" | "calls"> {
  readonly node: FunctionNode;
  readonly world: World;
  /** Empty if nothing is known of them. */
  readonly args: readonly Value[];
}

/** What every part of the interpreter shares: the facts about the file, where we are, and where results go. */
export interface Machine {
  readonly scope: ScopeIndex;
  readonly vocabulary: Vocabulary;
  readonly visitorKeys: Readonly<Record<string, readonly string[] | undefined>>;
  readonly recorder: Recorder;
  /** Set if somebody asks what the functions do for those who call them. */
  readonly facts: Facts | undefined;
  /** Set if there are types and the settings ask for them. */
  readonly types: TypeFacts | undefined;
  readonly apiOf: (from: string, name: string) => Api | undefined;
  contractOf(node: FunctionNode): Contract;
  /** What declarations of one function say that have no body; `undefined` if nothing. */
  contractOfSignatures(nodes: readonly Signature[]): Contract | undefined;
  /** False for functions that can have nothing to do with a lock: they are not entered. */
  isRelevant(node: FunctionNode): boolean;
  /** False for variables of modules and bundles that no relevant function uses: their values are not kept. */
  remembers(variable: Variable): boolean;
  /** True for variables that may hold a lock or a manager: the rest is not worth a world. */
  matters(variable: Variable): boolean;
  readonly textOf: (node: Node) => string;
  evaluate(node: Node, world: World): readonly Outcome[];
  execute(node: Node, world: World): readonly World[];
  escape(escape: Escape): void;
  /** The instances of the class are known outside: its public methods may be called at any time. */
  escapeClass(node: ClassNode): void;
  /** A value is put where other functions of the file find it. */
  store(cell: string, value: Value, world: World): void;
  /** A method is passed on as a value and may be called at any time. */
  escapeMethod(method: Extract<Value, { kind: "method" }>, to: Node, world: World): void;
  /** Notes that the function's code was run. */
  enter(node: FunctionNode): void;
  /** Remembers the worlds in which a function ended, for the functions inside it. */
  close(node: Node, worlds: readonly World[]): void;
  /** Function expressions that some way through the code gets to. */
  readonly created: Set<Node>;
  /** Classes whose fields were initialised for some instance. */
  readonly instantiated: Set<Node>;
  /** What `this` is in the methods of object literals. */
  readonly selves: Map<FunctionNode, Value>;
  /** Calls that somebody awaits at once. */
  readonly awaited: Set<Node>;
  /** What names stand for that nothing was assigned to. */
  readonly unbound: Map<Variable, Value>;
  /** The cells in which each function remembers what files it has read. */
  readonly reads: Map<Node, Set<string>>;
  /** Calls that are being evaluated to be returned to a caller who awaits them. */
  readonly returned: Set<Node>;
  frame: Frame;
  activation: Activation;
  /** Counts down; at zero local functions are no longer entered. */
  budget: number;
}

/** Runs code with a frame of its own. */
export function capture<T>(machine: Machine, run: () => T): { readonly frame: Frame; readonly result: T } {
  const outer = machine.frame;
  const frame = new Frame();
  machine.frame = frame;
  try {
    return { frame, result: run() };
  } finally {
    machine.frame = outer;
  }
}

/** Goes on with each outcome; an ended optional chain stays ended. */
export function andThen(
  outcomes: readonly Outcome[],
  next: (world: World, value: Value) => readonly Outcome[],
): readonly Outcome[] {
  // Nearly always there is one, and an array of one is read without an iterator.
  const only = outcomes.length === 1 ? outcomes[0] : undefined;
  if (only !== undefined) return only.short === true ? outcomes : next(only.world, only.value);
  return outcomes.flatMap((outcome) =>
    outcome.short === true ? [outcome] : next(outcome.world, outcome.value),
  );
}

/** Evaluates from left to right; each result carries every value. */
export function evaluateAll(
  machine: Machine,
  nodes: readonly Node[],
  world: World,
): readonly { readonly world: World; readonly values: readonly Value[] }[] {
  let results: { world: World; values: Value[] }[] = [{ world, values: [] }];
  for (const node of nodes) {
    const only = results.length === 1 ? results[0] : undefined;
    const outcomes = only === undefined ? [] : machine.evaluate(node, only.world);
    const outcome = outcomes.length === 1 ? outcomes[0] : undefined;
    if (only !== undefined && outcome !== undefined) {
      // One way to one value, as nearly always: a table of thousands is not copied for each of them.
      only.world = outcome.world;
      only.values.push(outcome.value);
    } else {
      const ways = results.flatMap(({ world: before, values }) =>
        (results.length === 1 ? outcomes : machine.evaluate(node, before)).map((way) => ({
          world: way.world,
          values: [...values, way.value],
        })),
      );
      results = [...limit(ways, (way) => way.world)];
    }
  }
  return results;
}

export function one(world: World, value: Value = unknown): readonly Outcome[] {
  return [{ world, value }];
}
