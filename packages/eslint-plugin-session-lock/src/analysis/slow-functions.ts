import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { isSleep, noteSlow } from "./await.ts";
import { callsIn, isWaitedFor } from "./awaited-calls.ts";
import type { Call } from "./calls.ts";
import type { Machine } from "./machine.ts";
import { readMember, readName } from "./members.ts";
import { isReassigned } from "./resolve.ts";
import { returnedBy } from "./returned.ts";
import { isClass, isFunction, staticName, type FunctionNode, type Node } from "./syntax.ts";
import { unknown, type Value } from "./values.ts";
import { forEachChild } from "./words.ts";
import type { World } from "./world.ts";

type FunctionValue = Extract<Value, { kind: "function" }>;

/** What was found in the functions of a file, which do not change. */
const known = new WeakMap<Machine, Map<FunctionNode, Node | undefined>>();

/** Reports the call of a function that is not run, because it has nothing to do with locks, but takes long. */
export function noteSlowFunction(machine: Machine, call: Call, callee: FunctionValue, world: World): void {
  if (world.held.length === 0 || !isWaitedFor(machine, call.node)) return;
  const slow = slowIn(machine, callee, world);
  if (slow !== undefined) noteSlow(machine, call.node, machine.textOf(call.node.callee), world, slow);
}

/** What a function, or one that it waits for, awaits or gives to be awaited, and takes long. */
function slowIn(machine: Machine, callee: FunctionValue, world: World): Node | undefined {
  let found = known.get(machine);
  if (found === undefined) known.set(machine, (found = new Map<FunctionNode, Node | undefined>()));
  if (found.has(callee.node)) return found.get(callee.node);
  found.set(callee.node, undefined); // a function that calls itself is as slow as the rest of it
  for (const awaited of awaitedIn(machine, callee.node)) {
    const slow = isSleep(awaited) ? awaited : slowCallIn(machine, awaited, callee, world);
    if (slow === undefined) continue;
    found.set(callee.node, slow);
    return slow;
  }
  return undefined;
}

function slowCallIn(
  machine: Machine,
  awaited: Node,
  { self }: FunctionValue,
  world: World,
): Node | undefined {
  for (const call of callsIn(awaited)) {
    if (call.type !== AST_NODE_TYPES.CallExpression) continue;
    const value = readCallee(machine, call.callee, self, world);
    const api =
      value.kind === "global"
        ? machine.apiOf("globalThis", value.name.replace(/^(?:(?:globalThis|window|self)\.)+/, ""))
        : value.kind === "api"
          ? value.api
          : undefined;
    if (api?.kind === "slow") return call;
    const slow = value.kind === "function" ? slowIn(machine, value, world) : undefined;
    if (slow !== undefined) return slow;
  }
  return undefined;
}

/** What a callee stands for, without running anything. */
function readCallee(machine: Machine, callee: Node, self: Value | undefined, world: World): Value {
  const isOwn =
    callee.type === AST_NODE_TYPES.MemberExpression && callee.object.type === AST_NODE_TYPES.ThisExpression;
  if (!isOwn) return constantFunction(machine, callee) ?? readName(machine, callee, world);
  const name = staticName(callee.property, callee.computed);
  return self === undefined ? unknown : readMember(machine, self, name, callee, world);
}

/** The function that a constant is, also one that the analysis does not remember. */
function constantFunction(machine: Machine, name: Node): Value | undefined {
  const variable = name.type === AST_NODE_TYPES.Identifier ? machine.scope.variableOf(name) : undefined;
  const [definition] = variable?.defs ?? [];
  if (variable === undefined || definition?.node.type !== AST_NODE_TYPES.VariableDeclarator) return undefined;
  const { id, init } = definition.node;
  const isFunctionOf = id === definition.name && init !== null && isFunction(init) && !isReassigned(variable);
  return isFunctionOf ? { kind: "function", node: init } : undefined;
}

/** The expressions that a function waits for, or whoever waits for it. */
function awaitedIn(machine: Machine, node: FunctionNode): readonly Node[] {
  const awaited = [...returnedBy(machine, node)];
  collect(node.body);
  return awaited;

  function collect(inner: Node): void {
    if (inner.type === AST_NODE_TYPES.AwaitExpression) awaited.push(inner.argument);
    if (inner.type === AST_NODE_TYPES.ForOfStatement && inner.await) awaited.push(inner.right);
    forEachChild(machine, inner, (child) => {
      if (!isFunction(child) && !isClass(child)) collect(child);
    });
  }
}
