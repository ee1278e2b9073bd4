import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { callApi, callManagerClass } from "./api-calls.ts";
import { assertCondition, assertedBy } from "./assertions.ts";
import { callBuiltin, callImmediate, immediateMethods } from "./builtins.ts";
import { changeFile } from "./changed-files.ts";
import { callContract } from "./contract-calls.ts";
import { constructClass, constructSuper } from "./classes.ts";
import type { Outcome } from "./frame.ts";
import { callFunction } from "./invoke.ts";
import { iterate, makeGenerator } from "./generators.ts";
import { isQuiet } from "./quiet-calls.ts";
import { callUnknown, failOrGoOn, passArguments } from "./unknown-calls.ts";
import { releaseLock, writeWith } from "./lock-effects.ts";
import { evaluateAll, one, andThen, type Machine } from "./machine.ts";
import { differentItems } from "./loop-items.ts";
import { callLockMethod } from "./lock-calls.ts";
import { callPromiseMethod } from "./promise-calls.ts";
import { contractOfCall } from "./receivers.ts";
import { wrappedModule } from "./modules.ts";
import { catchRejections } from "./rejections.ts";
import { checkEmpty } from "./sections.ts";
import { callMutexMethod, makeMutex } from "./mutexes.ts";
import type { Node } from "./syntax.ts";
import { callStackMethod, makeStack } from "./stacks.ts";
import { someObject, unknown, valueKey, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** A call after its callee and arguments were evaluated. */
export interface Call {
  readonly node: TSESTree.CallExpression | TSESTree.NewExpression;
  readonly callee: Value;
  readonly args: readonly Value[];
  /** Set if what the callee returns is awaited, whatever becomes of the call. */
  readonly isAwaited?: true;
}

export function evaluateCall(
  machine: Machine,
  node: TSESTree.CallExpression,
  world: World,
): readonly Outcome[] {
  if (node.callee.type === AST_NODE_TYPES.Super)
    return evaluateAll(machine, node.arguments, world).flatMap((r) =>
      constructSuper(machine, { node, callee: unknown, args: r.values }, r.world),
    );
  if (isQuiet(machine, node, world)) {
    const call: Call = { node, callee: unknown, args: [] };
    return catchRejections(machine, call, world, () => failOrGoOn(machine, world));
  }
  const outcomes = andThen(machine.evaluate(node.callee, world), (before, callee): readonly Outcome[] => {
    if (callee.kind === "nullish") {
      if (node.optional) return [{ world: before, value: callee, short: true }];
      machine.frame.addThrow(before);
      return [];
    }
    const asserted = assertedBy(machine, callee);
    if (asserted !== undefined) return assertCondition(machine, node, asserted, before);
    const mayBeMissing = node.optional && callee.kind === "unknown";
    const called = evaluateAll(machine, node.arguments, before).flatMap(({ world: after, values }) => {
      const call: Call = { node, callee, args: values };
      const made = makeGenerator(machine, call, after);
      if (made !== undefined) return one(after, made);
      return catchRejections(machine, call, after, () => dispatch(machine, call, after));
    });
    return mayBeMissing ? [...called, { world: before, value: unknown }] : called;
  });
  return distinct(outcomes);
}

/** A call that may end in two ways must not double them at every link of a long chain. */
function distinct(outcomes: readonly Outcome[]): readonly Outcome[] {
  if (outcomes.length < 3) return outcomes;
  const unique = new Map<string, Outcome>();
  for (const outcome of outcomes)
    unique.set(`${outcome.world.key} ${valueKey(outcome.value)} ${String(outcome.short)}`, outcome);
  return [...unique.values()];
}

export function evaluateNew(
  machine: Machine,
  node: TSESTree.NewExpression,
  world: World,
): readonly Outcome[] {
  return andThen(machine.evaluate(node.callee, world), (before, callee) =>
    evaluateAll(machine, node.arguments, before).flatMap(({ world: after, values }) => {
      const call: Call = { node, callee, args: values };
      if (callee.kind === "class") return constructClass(machine, call, callee.node, after);
      machine.frame.addThrow(after);
      if (callee.kind === "api" && callee.api.kind === "manager") {
        return callManagerClass(machine, call, callee.api.spec, "new", after);
      }
      if (callee.kind === "api" && callee.api.kind === "mutex") {
        return one(after, makeMutex(call, callee.api.spec) ?? someObject);
      }
      const [first] = values;
      // What refers to a manager gives it back, if there is one still.
      if (callee.kind === "global" && callee.name === "WeakRef" && first?.kind === "manager")
        return one(after, first);
      if (callee.kind === "global" && callee.name === "Promise") {
        return callImmediate(machine, call, values.slice(0, 1), { isRepeated: false }, after).map(
          (outcome) => ({
            world: outcome.world,
            value: unknown,
          }),
        );
      }
      const stack = makeStack(call);
      if (stack !== undefined) return one(after, stack);
      return callUnknown(machine, call, after).map((outcome) => ({
        world: outcome.world,
        value: someObject,
      }));
    }),
  );
}

/** Runs a call by what its callee is. Every call may throw. */
export function dispatch(machine: Machine, call: Call, world: World): readonly Outcome[] {
  const { callee, node } = call;
  const module = wrappedModule(call);
  if (module !== undefined) return one(world, module);
  if (callee.kind === "global" || callee.kind === "unknown") {
    machine.facts?.noteCall(machine, call, world);
    const contract = contractOfCall(machine, node);
    if (contract !== undefined) return callContract(machine, call, contract, world);
  }
  switch (callee.kind) {
    case "function":
      return callFunction(machine, call, callee, world);
    case "api":
      return callApi(machine, call, callee.api, world);
    case "release":
      return release(machine, callee.lock, node, world);
    case "method":
      return callMethod(machine, call, callee, world);
    case "global":
      return callBuiltin(machine, call, callee.name, world) ?? callUnknown(machine, call, world);
    default:
      return callUnknown(machine, call, world);
  }
}

function callMethod(
  machine: Machine,
  call: Call,
  callee: Extract<Value, { kind: "method" }>,
  world: World,
): readonly Outcome[] {
  const { receiver, name, node } = callee;
  switch (receiver.kind) {
    case "manager": {
      if (name === "deref") return one(world, receiver);
      if (name === "setSessionFile") return changeFile(machine, call, callee, receiver, world);
      if (receiver.spec.writes.includes(name)) writeWith(machine, receiver, { name, node }, world);
      machine.frame.addThrow(world);
      const { file } = receiver;
      const value: Value =
        name === "getSessionFile" && file !== undefined ? { kind: "unknown", file } : unknown;
      return one(passArguments(machine, call, world), value);
    }
    case "lock":
      return callLockMethod(machine, call, receiver, name, world) ?? callUnknown(machine, call, world);
    case "mutex":
      return callMutexMethod(machine, call, receiver, name, world) ?? callUnknown(machine, call, world);
    case "stack":
      return callStackMethod(machine, call, receiver, name, world) ?? callUnknown(machine, call, world);
    case "promise":
      return callPromiseMethod(machine, call, receiver, name, world);
    case "api":
      if (receiver.api.kind === "manager") {
        const { subclass } = receiver;
        return callManagerClass(machine, call, receiver.api.spec, name, world).map((outcome) =>
          subclass === undefined || outcome.value.kind !== "manager"
            ? outcome
            : { ...outcome, value: { ...outcome.value, subclass } },
        );
      }
      return callOnFunction(machine, call, receiver, name, world);
    case "generator":
      return iterate(machine, receiver, world).flatMap((after) => callUnknown(machine, call, after));
    case "function":
    case "method":
    case "release":
      return callOnFunction(machine, call, receiver, name, world);
    case "list": {
      const [callback] = call.args;
      if (immediateMethods.has(name) && callback !== undefined) {
        return callImmediate(
          machine,
          call,
          call.args,
          { isRepeated: true, items: differentItems(receiver) },
          world,
        );
      }
      return callUnknown(machine, call, world);
    }
    default:
      return callUnknown(machine, call, world);
  }
}

/** `f.bind(…)`, `f.call(…)`, `f.apply(…)`. */
function callOnFunction(
  machine: Machine,
  call: Call,
  receiver: Value,
  name: string,
  world: World,
): readonly Outcome[] {
  const callee = borrow(receiver, call.args[0]);
  if (name === "bind") return one(world, callee);
  if (name === "call") return dispatch(machine, { ...call, callee, args: call.args.slice(1) }, world);
  if (name === "apply") {
    const list = call.args[1];
    return dispatch(machine, { ...call, callee, args: list?.kind === "list" ? list.items : [] }, world);
  }
  return callUnknown(machine, call, world);
}

/** A method of a manager, called on another manager than the one (or the prototype) that it was read from. */
function borrow(method: Value, self: Value | undefined): Value {
  return method.kind === "method" && self?.kind === "manager" ? { ...method, receiver: self } : method;
}

export function release(
  machine: Machine,
  lock: Extract<Value, { kind: "lock" }>,
  node: Node,
  world: World,
): readonly Outcome[] {
  if (world.heldOf(lock) !== undefined) checkEmpty(machine, lock, node, world);
  const after = releaseLock(machine, lock, node, world);
  machine.frame.addThrow(after);
  return one(after);
}
