import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { forgetAssigned } from "./assigned-files.ts";
import { isWaitedFor } from "./awaited-calls.ts";
import { callImmediate, isImmediate } from "./builtins.ts";
import type { Call } from "./calls.ts";
import { escapeFunction, escapeValue, passValue } from "./escape.ts";
import { callSettling, settlingMethods } from "./foreign-promises.ts";
import type { Outcome } from "./frame.ts";
import { one, type Machine } from "./machine.ts";
import { neverReturns } from "./no-return.ts";
import { staticName } from "./syntax.ts";
import { isTracked, partsOf, unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** Methods of arrays, maps and sets that keep their argument for others to use. */
const storingMethods: ReadonlySet<string> = new Set(["add", "push", "set", "unshift"]);

/** Code we do not see that nothing is handed to. */
export function failOrGoOn(machine: Machine, world: World): readonly Outcome[] {
  // It may need any lock that is held around it.
  for (const { lock } of world.held) machine.recorder.rely(lock.site);
  machine.frame.addThrow(world);
  return one(world);
}

/** Code we do not see: it may throw, call its callbacks at any time, and go on after it returned. */
export function callUnknown(machine: Machine, call: Call, before: World): readonly Outcome[] {
  const { node, args, callee } = call;
  const world = callee.kind === "function" ? forgetAssigned(machine.scope, callee.node, before) : before;
  // It may need any lock that is held around it.
  for (const { lock } of world.held) machine.recorder.rely(lock.site);
  if (neverReturns(callee)) {
    // The process takes its locks with it.
    if (callee.kind !== "global") machine.frame.addThrow(passArguments(machine, call, world));
    return [];
  }
  const method = callee.kind === "unknown" || callee.kind === "method" ? methodName(call) : undefined;
  if (method !== undefined && callee.kind === "unknown") {
    if (isImmediate(call, method)) return callImmediate(machine, call, args, { isRepeated: true }, world);
    if (settlingMethods.has(method) && isWaitedFor(machine, node))
      return callSettling(machine, call, method, world);
  }
  if (method !== undefined && storingMethods.has(method)) {
    const stored = args.reduce((after, arg) => escapeValue(machine, arg, node, after), world);
    machine.frame.addThrow(stored);
    return one(stored);
  }
  const uses = args.flatMap(partsOf).filter(({ kind }) => kind === "manager" || kind === "lock");
  const given = uses.reduce((after, used) => giveLock(machine, call, used, after), world);
  machine.frame.addThrow(given);
  const isTaken =
    uses.length > 0 && node.type === AST_NODE_TYPES.CallExpression && !machine.awaited.has(node);
  const value: Value = isTaken
    ? { kind: "promise", result: unknown, work: [node], isCertain: false }
    : unknown;
  return one(passArguments(machine, call, given), value);
}

/** Functions that call back later, and where the arguments of that call begin. */
const timers: ReadonlyMap<string, number> = new Map([
  ["process.nextTick", 1],
  ["setImmediate", 1],
  ["setInterval", 2],
  ["setTimeout", 2],
]);

/** Hands the arguments of a call to code we do not see. */
export function passArguments(machine: Machine, call: Call, world: World): World {
  const { callee, args, node } = call;
  const delayed = callee.kind === "global" ? timers.get(callee.name.replace(/^globalThis\./, "")) : undefined;
  const [callback] = args;
  if (delayed !== undefined && callback?.kind === "function") {
    escapeFunction(machine, callback, node, world, args.slice(delayed));
    const later = forgetAssigned(machine.scope, callback.node, world);
    return passArguments(machine, { ...call, args: args.slice(1) }, later);
  }
  return call.args
    .filter(isTracked)
    .reduce((before, arg) => passValue(machine, arg, call.node, before), world);
}

function methodName({ node }: Call): string | undefined {
  const { callee } = node;
  return callee.type === AST_NODE_TYPES.MemberExpression
    ? staticName(callee.property, callee.computed)
    : undefined;
}

function giveLock(machine: Machine, { node }: Call, used: Value, world: World): World {
  if (used.kind !== "lock") return world;
  machine.recorder.hand(used, machine.textOf(node.callee));
  // Nobody else has the result of a try that is passed on at once, and often there is none: `expect(tryAcquire(…))`.
  const isTried = used.spec.sync === true && node.arguments.some((argument) => argument === used.site);
  return isTried ? world.transfer(used, undefined) : world;
}
