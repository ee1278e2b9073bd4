import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { evaluateReturned, isWaitedFor } from "./awaited-calls.ts";
import { assignPattern } from "./bindings.ts";
import { usesResults } from "./builtins.ts";
import type { Call } from "./calls.ts";
import { callContract } from "./contract-calls.ts";
import { callUnknown } from "./unknown-calls.ts";
import type { Outcome } from "./frame.ts";
import { checkLeaks } from "./lock-effects.ts";
import { leaveShared } from "./function-variables.ts";
import { capture, type Activation, type Machine } from "./machine.ts";
import { cellOf } from "./resolve.ts";
import { runCalled } from "./shared-runs.ts";
import { noteSlowFunction } from "./slow-functions.ts";
import { locksIn } from "./stacks.ts";
import type { FunctionNode } from "./syntax.ts";
import { nullish, partsOf, unknown, type PromiseValue, type Value } from "./values.ts";
import type { World } from "./world.ts";

type FunctionValue = Extract<Value, { kind: "function" }>;

/** Functions entered from one another; what a deeper call does to its caller is not known. */
const maxDepth = 12;

/** Calls a function of this file: it is run where it is called, in the worlds of the call. */
export function callFunction(
  machine: Machine,
  call: Call,
  callee: FunctionValue,
  world: World,
): readonly Outcome[] {
  const { node } = callee;
  const { activation } = machine;
  const isWorthwhile = isWorthEntering(machine, node, call.args, world);
  const isStopped = activation.running.includes(node) || machine.budget <= 0;
  const contract = machine.contractOf(node);
  if (contract.isAnnotated) return callContract(machine, call, contract, world);
  if (!isWorthwhile) noteSlowFunction(machine, call, callee, world);
  if (!isWorthwhile || isStopped || contract.isSkipped) return callUnknown(machine, call, world);
  const self =
    callee.self ?? (node.type === AST_NODE_TYPES.ArrowFunctionExpression ? activation.self : undefined);
  const calls = [...activation.calls, call.node];
  if (activation.running.length >= maxDepth) {
    // It starts a new chain, with the locks that its callers hold.
    machine.escape({ node, world, self, callback: activation.callback, calls, args: call.args });
    return callUnknown(machine, call, world);
  }
  const isAwaited = call.node.type === AST_NODE_TYPES.CallExpression && machine.awaited.has(call.node);
  const inner: Activation = {
    key: [...activation.running, node].map(({ range }) => range[0]).join(">"),
    node,
    self,
    calls,
    running: [...activation.running, node],
    callback: activation.callback,
    isAwaited: call.isAwaited === true || (isWaitedFor(machine, call.node) && usesResults(call)),
  };
  const { returns, throws } = runCalled(machine, node, inner, call.args, world);
  if (!node.async) {
    for (const thrown of throws) machine.frame.addThrow(thrown);
    return returns;
  }
  if (isAwaited) for (const thrown of throws) machine.frame.addThrow(thrown);
  const isWork =
    !isAwaited && (machine.isRelevant(node) || call.args.some((arg) => carriesCode(machine, arg)));
  const ended = isAwaited
    ? returns
    : [...returns, ...throws.map((thrown) => ({ world: thrown, value: unknown }))];
  return ended.map(({ world: end, value }) => {
    const given: PromiseValue =
      value.kind === "promise"
        ? value
        : { kind: "promise", result: value, work: [], isCertain: true, isSettled: !isWork };
    if (!isWork) return { world: end, value: given };
    // What the function gives to be awaited ends before its own promise does.
    const settled = end.settle(given.work);
    return {
      world: end.held.length > 0 ? settled.start(call.node) : settled,
      value: { ...given, work: [call.node] },
    };
  });
}

/** True for a function that is run where it is called. */
export function isEntered(
  machine: Machine,
  node: FunctionNode,
  args: readonly Value[],
  world: World,
): boolean {
  const { isAnnotated, isSkipped } = machine.contractOf(node);
  return !isAnnotated && !isSkipped && isWorthEntering(machine, node, args, world);
}

function isWorthEntering(
  machine: Machine,
  node: FunctionNode,
  args: readonly Value[],
  world: World,
): boolean {
  if (machine.isRelevant(node)) return true;
  if (args.some((arg) => carriesCode(machine, arg) || mayBeRefused(arg))) return true;
  // A lock that came as an argument of the function around it has no name by which that would be known.
  return machine.scope.capturedBy(node).some((variable) => {
    const value = world.bindings.get(cellOf(variable));
    return value !== undefined && carriesCode(machine, value);
  });
}

/** A function of the file may throw if there is no lock: a try that gave none is worth entering it. */
function mayBeRefused(value: Value): boolean {
  return value.kind === "nullish" && value.isLock === true;
}

function carriesCode(machine: Machine, value: Value): boolean {
  return partsOf(value).some((part) => {
    if (part.kind === "function") return machine.isRelevant(part.node);
    return (
      part.kind === "manager" || part.kind === "lock" || part.kind === "release" || part.kind === "method"
    );
  });
}

/** How a function ends. */
export interface FunctionRun {
  readonly returns: readonly Outcome[];
  readonly throws: readonly World[];
}

/** Runs a function's body once. `owner` takes over the locks that it returns. */
export function runFunction(
  machine: Machine,
  node: FunctionNode,
  activation: Activation,
  args: readonly Value[],
  world: World,
  owner: string | undefined,
): FunctionRun {
  const outer = machine.activation;
  machine.activation = activation;
  machine.enter(node);
  try {
    const { frame, result } = capture(machine, () => {
      const bound = bindParameters(machine, node, args, world);
      if (node.body.type !== AST_NODE_TYPES.BlockStatement) {
        const { body } = node;
        for (const before of bound)
          for (const outcome of evaluateReturned(machine, body, before)) machine.frame.addReturn(outcome);
        return [];
      }
      const { body } = node;
      return bound.flatMap((before) => machine.execute(body, before));
    });
    const locals = machine.scope.localsOf(node);
    const ends = [...result.map((end): Outcome => ({ world: end, value: nullish })), ...frame.returns];
    // Whoever gets nothing from the function has nothing of what it has read.
    const lost = [...locals, ...(machine.reads.get(node) ?? [])];
    const returns = ends.map(({ world: end, value }) => ({
      world: checkLeaks(machine, end, reachableFrom(machine, value, end), { how: "returns", owner }).leave(
        value.kind === "nullish" ? lost : locals,
      ),
      value,
    }));
    const throws = frame.throws.map((end) =>
      checkLeaks(machine, end, [], { how: "throws", owner }).leave(lost),
    );
    machine.close(node, [...returns.map((outcome) => outcome.world), ...throws]);
    return {
      returns: distinct(
        returns.map((end) => ({ ...end, world: leaveShared(machine.scope, node, end.world, end.value) })),
      ),
      throws: throws.map((end) => leaveShared(machine.scope, node, end, unknown)),
    };
  } finally {
    machine.activation = outer;
  }
}

function bindParameters(
  machine: Machine,
  node: FunctionNode,
  args: readonly Value[],
  world: World,
): readonly World[] {
  let worlds: readonly World[] = [world];
  node.params.forEach((parameter, index) => {
    const given = args[index] ?? (args.length > 0 ? nullish : unknown);
    const value: Value =
      parameter.type === AST_NODE_TYPES.RestElement ? { kind: "list", items: args.slice(index) } : given;
    worlds = worlds.flatMap((before) => assignPattern(machine, parameter, value, before));
  });
  return worlds;
}

/** What the caller gets with a value: also what its functions have captured. */
function reachableFrom(machine: Machine, value: Value, world: World): readonly Value[] {
  const reached: Value[] = [];
  for (const part of partsOf(value)) {
    reached.push(part);
    if (part.kind === "stack") reached.push(...locksIn(part, world));
    if (part.kind !== "function") continue;
    for (const variable of machine.scope.capturedBy(part.node)) {
      const captured = world.bindings.get(cellOf(variable));
      if (captured !== undefined) reached.push(captured);
    }
  }
  return reached;
}

function distinct(outcomes: readonly Outcome[]): readonly Outcome[] {
  const unique = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const plain = outcome.value.kind === "unknown" ? "" : outcome.value.kind;
    const key = plain === "" || plain === "nullish" ? `${outcome.world.key}|${plain}` : `${unique.size}`;
    if (!unique.has(key)) unique.set(key, outcome);
  }
  return [...unique.values()];
}
