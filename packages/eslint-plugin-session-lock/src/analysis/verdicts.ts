import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { FileRef } from "./file-ref.ts";
import { groupBy } from "./group.ts";
import type { Finding, WriteObservation, WriteProblem } from "./observations.ts";
import { place } from "./place.ts";
import { shorten } from "./shorten.ts";
import { isFunction, nodeKey, parentOf, type Node } from "./syntax.ts";
import type { LockValue, ManagerValue } from "./values.ts";
import type { Step } from "./world.ts";

type TextOf = (node: Node) => string;
type Refused = WriteObservation & { readonly problem: WriteProblem };

/** Turns what was seen of each write into at most one report per write, or per call of the function that writes. */
export function judgeWrites(
  writes: readonly (readonly WriteObservation[])[],
  textOf: TextOf,
): readonly Finding[] {
  return writes.flatMap((observations) => {
    const refused = observations.filter(isRefused);
    const [first] = refused;
    if (first === undefined) return [];
    const chains = groupBy(observations, chainOf);
    const safe = chains.filter((chain) => !chain.some(isRefused));
    const entered = refused.filter(({ activation }) => activation.calls.length > 0);
    if (safe.length === 0 || entered.length === 0 || entered.length < refused.length) {
      return [judgeSite(first, observations, textOf)];
    }
    const safeCalls = safe.flatMap((chain) => (chain[0] === undefined ? [] : [chain[0].activation.calls]));
    const calls = new Map(entered.map((one) => [divergingCall(one, safeCalls), one]));
    return [...calls].flatMap(([call, one]) => (call === undefined ? [] : [judgeCall(call, one, textOf)]));
  });
}

function isRefused(observation: WriteObservation): observation is Refused {
  return observation.problem !== undefined;
}

function chainOf({ activation }: WriteObservation): string {
  return activation.calls.map(nodeKey).join();
}

/** The outermost call that only unlocked ways go through. */
function divergingCall(one: WriteObservation, safe: readonly (readonly Node[])[]): Node | undefined {
  const calls = [...one.activation.calls].reverse();
  const shared = Math.max(
    0,
    ...safe.map((other) => {
      const reversed = [...other].reverse();
      const end = calls.findIndex((call, index) => reversed[index] !== call);
      return end === -1 ? calls.length : end;
    }),
  );
  return calls[Math.min(shared, calls.length - 1)];
}

function judgeCall(call: Node, one: Refused, textOf: TextOf): Finding {
  const callee = call.type === AST_NODE_TYPES.CallExpression ? textOf(call.callee) : textOf(call);
  return {
    rule: "require-session-lock",
    message: "calleeNeedsLock",
    node: call.type === AST_NODE_TYPES.CallExpression ? call.callee : call,
    data: { callee, method: one.method, file: fileText(one.manager, textOf), write: place(one.node) },
    path: one.world.path,
    related: one.manager.site,
  };
}

function judgeSite(first: Refused, observations: readonly WriteObservation[], textOf: TextOf): Finding {
  const { manager, method, node, problem, world, activation } = first;
  const held = observations.find(
    (other) => !isRefused(other) && chainOf(other) === chainOf(first) && other.world.held.length > 0,
  );
  const base = {
    rule: "require-session-lock",
    node,
    path: world.path,
    related: manager.site,
  } as const;
  const data = { method, file: fileText(manager, textOf), opened: place(manager.site) };
  if (held !== undefined && problem.kind !== "wrongFile" && problem.kind !== "callback") {
    const [lock] = held.world.held;
    return {
      ...base,
      message: "notOnEveryPath",
      data: {
        ...data,
        acquired: lock === undefined ? "" : place(lock.lock.site),
        when: describeWay(world.path, held.world.path, textOf),
      },
    };
  }
  switch (problem.kind) {
    case "unlocked":
      return { ...base, message: "unlocked", data };
    case "callerMustLock":
      return {
        ...base,
        message: "callerMustLock",
        data: { ...data, function: functionName(activation.node, textOf), got: howItGot(manager) },
      };
    case "released":
      return { ...base, message: "released", data: { ...data, released: place(problem.at) } };
    case "wrongFile":
      return { ...base, message: "wrongFile", data: { ...data, ...twoFiles(manager, problem.lock, textOf) } };
    case "callback":
      return { ...base, message: "callback", data: { ...data, to: calleeText(problem.to, textOf) } };
    case "notAwaited":
      return { ...base, message: "notAwaited", data: { ...data, acquired: place(problem.lock.site) } };
  }
}

/** The first decision on the unlocked way that the locked way does not share, in words. */
function describeWay(unlocked: Step | undefined, locked: Step | undefined, textOf: TextOf): string {
  const shared = new Set(stepsOf(locked).map(identityOf));
  const decision = stepsOf(unlocked).find(
    (step) => !shared.has(identityOf(step)) && step.what !== "acquired" && step.what !== "entered",
  );
  if (decision === undefined) return "on one way that leads here";
  const { line } = decision.node.loc.start;
  switch (decision.what) {
    case "taken":
      return `when \`${shorten(textOf(decision.node))}\` is true (line ${line})`;
    case "skipped":
      return `when \`${shorten(textOf(decision.node))}\` is false (line ${line})`;
    case "released":
      return `after the release on line ${line}`;
    default:
      return `when something before it throws (line ${line})`;
  }
}

function identityOf(step: Step): string {
  return `${step.what}${nodeKey(step.node)}`;
}

/** The way in the order it is taken. */
function stepsOf(last: Step | undefined): readonly Step[] {
  const steps: Step[] = [];
  for (let step = last; step !== undefined; step = step.before) steps.push(step);
  return steps.reverse();
}

function fileText({ site, file }: ManagerValue, textOf: TextOf): string {
  return nameInCall(site, file, textOf) ?? "the session file";
}

/** What the lock is for; one that an annotation promises was acquired nowhere that can be seen. */
function lockText({ site, file }: LockValue, textOf: TextOf): string {
  return nameInCall(site, file, textOf) ?? nameOfFile(file) ?? "another file";
}

/** Where one variable was given both files, its name says nothing of either. */
function twoFiles(
  manager: ManagerValue,
  lock: LockValue,
  textOf: TextOf,
): { readonly file: string; readonly held: string } {
  const file = fileText(manager, textOf);
  const held = lockText(lock, textOf);
  if (file !== held) return { file, held };
  return { file: nameOfFile(manager.file) ?? file, held: nameOfFile(lock.file) ?? "another file" };
}

/** What a call that opens or locks a file calls it: its first argument, or what stands among the others. */
function nameInCall(site: Node, file: FileRef | undefined, textOf: TextOf): string | undefined {
  const isCall = site.type === AST_NODE_TYPES.CallExpression || site.type === AST_NODE_TYPES.NewExpression;
  const argument = isCall ? site.arguments[0] : undefined;
  if (argument === undefined) return undefined;
  const isName = argument.type !== AST_NODE_TYPES.ObjectExpression && !isFunction(argument);
  return (isName ? undefined : nameOfFile(file)) ?? `\`${shorten(textOf(argument))}\``;
}

function nameOfFile(file: FileRef | undefined): string | undefined {
  if (file?.kind !== "path") return undefined;
  return `\`${[file.root.replace(/@\d+$/, ""), ...file.properties].join(".")}\``;
}

function calleeText(node: Node, textOf: TextOf): string {
  const inner =
    node.type === AST_NODE_TYPES.CallExpression || node.type === AST_NODE_TYPES.NewExpression
      ? node.callee
      : node;
  return shorten(textOf(inner));
}

function howItGot({ site }: ManagerValue): string {
  return parentOf(site)?.type === AST_NODE_TYPES.VariableDeclarator ? "got from elsewhere" : "was handed";
}

function functionName(node: Node, textOf: TextOf): string {
  if (node.type === AST_NODE_TYPES.FunctionDeclaration && node.id !== null) return `\`${node.id.name}()\``;
  const { parent } = node;
  if (parent?.type === AST_NODE_TYPES.VariableDeclarator) return `\`${textOf(parent.id)}()\``;
  if (parent?.type === AST_NODE_TYPES.MethodDefinition) return `\`${textOf(parent.key)}()\``;
  return "this function";
}
