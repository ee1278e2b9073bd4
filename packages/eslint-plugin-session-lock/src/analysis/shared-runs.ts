import { ownCellsOf } from "./function-variables.ts";
import { runFunction, type FunctionRun } from "./invoke.ts";
import type { Activation, Machine } from "./machine.ts";
import { nodeKey, type FunctionNode } from "./syntax.ts";
import { isPlain, valueKey, type Value } from "./values.ts";
import type { Step, World } from "./world.ts";

interface KnownRun extends FunctionRun {
  /** The way on which it was entered. */
  readonly entry: Step | undefined;
}

const known = new WeakMap<Machine, Map<string, KnownRun>>();

/**
 * Runs a function where it is called. What is known of variables that only its callers use it neither sees nor changes:
 * so it is run once for all the ways to the call that differ in nothing else.
 */
export function runCalled(
  machine: Machine,
  node: FunctionNode,
  activation: Activation,
  args: readonly Value[],
  world: World,
): FunctionRun {
  const { activation: caller, scope } = machine;
  const callers = caller.running.map((running) => ownCellsOf(scope, running));
  const isUnseen = (cell: string): boolean => callers.some((cells) => cells.has(cell));
  const values = [...world.bindings].filter(([cell, value]) => isUnseen(cell) && isPlain(value));
  const truths = world.decided.filter(isUnseen);
  const seen = world.leave([...values.map(([cell]) => cell), ...truths]);
  const key = `${keyOf(activation)}|${args.map(valueKey).join()}|${seen.key}`;
  let runs = known.get(machine);
  if (runs === undefined) known.set(machine, (runs = new Map<string, KnownRun>()));
  let run = runs.get(key);
  if (run === undefined) {
    run = { ...runFunction(machine, node, activation, args, seen, caller.key), entry: world.path };
    runs.set(key, run);
  }
  const { entry, returns, throws } = run;
  return {
    returns: returns.map((end) => ({ ...end, world: comeBack(end.world) })),
    throws: throws.map(comeBack),
  };

  function comeBack(end: World): World {
    const bound = values.reduce((after, [cell, value]) => after.bind(cell, value), end);
    const decided = truths.reduce((after, cell) => after.assume(cell, world.truthOf(cell) === true), bound);
    return decided.enteredBy(world.path, entry);
  }
}

/** Equal for runs of one function that are entered in the same way. */
function keyOf({ key, calls, self, callback, isAwaited }: Activation): string {
  const to = callback === undefined ? "" : `${nodeKey(callback.to)}${String(callback.held)}`;
  return [
    key,
    calls.map(nodeKey).join(),
    to,
    String(isAwaited),
    self === undefined ? "" : valueKey(self),
  ].join("|");
}
