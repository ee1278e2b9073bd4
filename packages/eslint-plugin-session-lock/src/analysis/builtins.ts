import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { isWaitedFor } from "./awaited-calls.ts";
import { dispatch, type Call } from "./calls.ts";
import { assignFields } from "./object-assign.ts";
import { passValue } from "./escape.ts";
import { isCode } from "./foreign-promises.ts";
import type { Outcome } from "./frame.ts";
import { iterateUnseen } from "./generators.ts";
import { one, type Machine } from "./machine.ts";
import { isCreateRequire, moduleOf } from "./modules.ts";
import { promiseOf } from "./promise-calls.ts";
import { staticName } from "./syntax.ts";
import { unknown, valueKey, type Value } from "./values.ts";
import type { World } from "./world.ts";
import { meet } from "./worlds.ts";

/** Methods of arrays, maps and sets that call their callback before they return. */
export const immediateMethods: ReadonlySet<string> = new Set([
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "flatMap",
  "forEach",
  "map",
  "reduce",
  "reduceRight",
  "some",
  "sort",
  "toSorted",
]);

/** The same for a string, whose callback is the second argument. */
const replacingMethods: ReadonlySet<string> = new Set(["replace", "replaceAll"]);

/** Of these, the ones that look at what the callback returns, and keep no promise for anybody. */
const droppingMethods: ReadonlySet<string> = new Set(["every", "filter", "find", "forEach", "some", "sort"]);

/** True if the method, called on something unknown, calls its callback before it returns. */
export function isImmediate({ args }: Call, method: string): boolean {
  const callback = replacingMethods.has(method)
    ? args[1]
    : immediateMethods.has(method)
      ? args[0]
      : undefined;
  return callback !== undefined && isCode(callback);
}

/** False if what the called function returns is not handed on by the call. */
export function usesResults({ node: { callee } }: Call): boolean {
  if (callee.type !== AST_NODE_TYPES.MemberExpression) return true;
  return !droppingMethods.has(staticName(callee.property, callee.computed) ?? "");
}

const builtin =
  /^(?:require$|Promise\b|Object\.(?:assign|freeze|seal)$|Array\.from|Reflect\.apply$|(?:Async)?DisposableStack$)/;

/** True for a global that the analysis may know more of than that it is called. */
export function isBuiltin(machine: Machine, name: string): boolean {
  const own = ownName(name);
  return (
    builtin.test(own) ||
    isPromisify(name) ||
    isCreateRequire(name) ||
    machine.apiOf("globalThis", own) !== undefined
  );
}

/** What `promisify` gives does what it was made of does, and says so by a promise. */
function isPromisify(name: string): boolean {
  return /^(?:node:)?util:promisify$/.test(name);
}

function ownName(name: string): string {
  return name.replace(/^(?:(?:globalThis|window|self)\.)+/, "");
}

/** Globals of the language that the analysis knows; `undefined` for others. */
export function callBuiltin(
  machine: Machine,
  call: Call,
  name: string,
  world: World,
): readonly Outcome[] | undefined {
  const [first = unknown] = call.args;
  const own = ownName(name);
  switch (own) {
    case "require": {
      machine.frame.addThrow(world);
      return one(world, moduleOf(machine, call.node.arguments[0]));
    }
    case "Promise.all":
    case "Promise.allSettled":
    case "Promise.race":
    case "Promise.any": {
      machine.frame.addThrow(world);
      iterateUnseen(machine, first, world);
      const items = first.kind === "list" ? first.items : [];
      // The first that is done ends these two; the others go on.
      const isForAll = own === "Promise.all" || own === "Promise.allSettled";
      const work = isForAll ? items.flatMap((item) => (item.kind === "promise" ? item.work : [])) : [];
      const result: Value = own === "Promise.all" ? { kind: "list", items } : unknown;
      return one(world, { kind: "promise", result, work, isCertain: true });
    }
    case "Promise.resolve":
      return one(world, promiseOf(first));
    case "Promise.try":
      if (!isCode(first)) return undefined;
      return dispatch(machine, { ...call, callee: first, args: call.args.slice(1) }, world).map(
        (outcome) => ({ ...outcome, value: promiseOf(outcome.value) }),
      );
    case "Object.assign":
      return assignFields(machine, call, world);
    case "Object.freeze":
    case "Object.seal":
      return one(world, first);
    case "Array.from":
      if (call.args[1]?.kind !== "function") return undefined;
      iterateUnseen(machine, first, world);
      return callImmediate(machine, call, call.args.slice(1), { isRepeated: true }, world);
    case "Array.fromAsync":
      if (call.args[1]?.kind !== "function" || !isWaitedFor(machine, call.node)) return undefined;
      iterateUnseen(machine, first, world);
      return callImmediate(machine, call, call.args.slice(1), { isRepeated: true }, world);
    case "Reflect.apply":
      return dispatch(machine, { ...call, callee: first, args: [] }, world);
    default: {
      if (isPromisify(name) && first.kind === "api") return one(world, first);
      if (isCreateRequire(name)) return one(world, { kind: "global", name: "require" });
      const api = machine.apiOf("globalThis", own);
      return api === undefined
        ? undefined
        : dispatch(machine, { ...call, callee: { kind: "api", api } }, world);
    }
  }
}

/** A callback that meets more different worlds than this has a state we cannot follow. */
const maxSeen = 400;

/** Runs the functions among the arguments here and now: once, or any number of times. */
export function callImmediate(
  machine: Machine,
  call: Call,
  args: readonly Value[],
  how: { readonly isRepeated: boolean; readonly items?: readonly Value[] },
  world: World,
): readonly Outcome[] {
  machine.frame.addThrow(world);
  const { items = [] } = how;
  let worlds: readonly World[] = [
    args
      .filter((arg) => !isCode(arg))
      .reduce((before, arg) => passValue(machine, arg, call.node, before), world),
  ];
  const argsOf = items.length === 0 ? [[]] : items.map((item) => [item]);
  const results = new Map<string, Value>();
  for (const callback of args.filter(isCode)) {
    const seen = new Map(how.isRepeated ? worlds.map((before) => [before.key, before]) : []);
    const after = new Map<string, World>();
    while (worlds.length > 0 && seen.size <= maxSeen) {
      const outcomes = worlds.flatMap((before) =>
        argsOf.flatMap((args) => dispatch(machine, { ...call, callee: callback, args }, before)),
      );
      for (const { value } of outcomes) results.set(valueKey(value), value);
      for (const outcome of outcomes) after.set(outcome.world.key, outcome.world);
      worlds = how.isRepeated ? meet(outcomes.map((o) => o.world).filter(({ key }) => !seen.has(key))) : [];
      for (const next of worlds) seen.set(next.key, next);
    }
    worlds = meet([...new Map([...seen, ...after]).values()]);
  }
  const value = summarize(call, [...results.values()], how.isRepeated);
  return worlds.map((after) => ({ world: after, value }));
}

/** The list that `map` and its like give, so that promises in it stay somebody's to await; else the callback's result. */
function summarize(call: Call, results: readonly Value[], isRepeated: boolean): Value {
  const { callee } = call.node;
  if (!isRepeated) return (results.length === 1 ? results[0] : undefined) ?? unknown;
  const isMapped =
    callee.type === AST_NODE_TYPES.MemberExpression &&
    callee.property.type === AST_NODE_TYPES.Identifier &&
    ["map", "flatMap"].includes(callee.property.name);
  return isMapped ? { kind: "list", items: results } : unknown;
}
