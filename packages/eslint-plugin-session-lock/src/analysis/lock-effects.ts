import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { acquired, takeLock } from "./await.ts";
import { combinedPromise } from "./awaited-calls.ts";
import { keepsLocks } from "./contract-bodies.ts";
import { compareFiles, type FileRef } from "./file-ref.ts";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import type { WriteProblem } from "./observations.ts";
import { place } from "./place.ts";
import { cellOf } from "./resolve.ts";
import { shorten } from "./shorten.ts";
import type { Node } from "./syntax.ts";
import { noLock, partsOf, type LockValue, type ManagerValue, type Value } from "./values.ts";
import { mayShare, type Held, type World } from "./world.ts";

/** A manager writes: the lock of its file must be held in every world that gets here. */
export function writeWith(
  machine: Machine,
  manager: ManagerValue,
  method: { readonly name: string; readonly node: Node },
  world: World,
): void {
  if (manager.origin === "memory" || manager.origin === "fresh") return;
  if (manager.origin === "field" && machine.vocabulary.thisFields === "ignore") return;
  if (manager.origin === "given" && machine.vocabulary.parameters === "ignore") return;
  const { node, name } = method;
  const problem = findProblem(machine, manager, world);
  machine.recorder.write({ node, method: name, manager, problem, world, activation: machine.activation });
  const since = manager.staleSince;
  if (problem === undefined && since !== undefined && manager.spec.snapshot && manager.origin === "opened") {
    machine.recorder.find({
      rule: "no-stale-session-manager",
      message: "stale",
      node,
      data: { method: name, opened: place(manager.site), acquired: place(since) },
      path: world.path,
      related: manager.site,
    });
  }
}

function findProblem(machine: Machine, manager: ManagerValue, world: World): WriteProblem | undefined {
  const { held } = world;
  const isAny = machine.vocabulary.resourceMatch === "any";
  const holder = held.find(({ lock }) => isAny || mayShare(lock.file, manager.file));
  if (holder !== undefined) {
    machine.recorder.rely(holder.lock.site);
    return undefined;
  }
  const { guard } = manager;
  if (guard !== undefined && world.releasedAt(guard) === undefined) return undefined;
  const [other] = held;
  if (other !== undefined) return { kind: "wrongFile", lock: other.lock };
  const { callback } = machine.activation;
  if (callback?.held === true) return { kind: "callback", to: callback.to };
  const at = world.lastRelease;
  if (at !== undefined) return { kind: "released", at };
  const waiting = findUnawaited(world, manager.file);
  if (waiting !== undefined) return { kind: "notAwaited", lock: waiting };
  return { kind: manager.origin === "given" ? "callerMustLock" : "unlocked" };
}

function findUnawaited(world: World, file: FileRef | undefined): LockValue | undefined {
  for (const value of world.bindings.values) {
    if (value.kind === "promise" && value.acquires !== undefined && mayShare(value.acquires.file, file)) {
      return value.acquires;
    }
  }
  return undefined;
}

/** How the options of an acquire treat a lock that its scope holds already. */
export interface Reentry {
  /** False if the options forbid it: the acquire then fails at once. */
  readonly isAllowed: boolean;
  /** True if the options name the lock to re-enter. */
  readonly isNested: boolean;
}

/** Starts an acquire; the lock is held only once the result is awaited (or at once, for a synchronous one). */
export function startAcquire(
  machine: Machine,
  lock: LockValue,
  reentry: Reentry,
  world: World,
): readonly Outcome[] {
  const outer = findOuter(lock, world);
  const isReentry = reentry.isNested || (outer?.reentrant === true && reentry.isAllowed);
  const taken: LockValue = isReentry ? { ...lock, isReentry } : lock;
  const value = { kind: "promise", result: taken, acquires: taken, work: [], isCertain: true } as const;
  const { sync = false } = lock.spec;
  if (sync === false) {
    if (!isReentry) checkNested(machine, lock, reentry, world);
    return [{ world, value }];
  }
  if (sync === "throws") {
    const isTaken = outer !== undefined && !isReentry;
    return isTaken ? [] : [{ world: takeLock(machine, taken, world), value: acquired(value) }];
  }
  const failed: Outcome = { world, value: noLock };
  if (outer !== undefined && !isReentry) return [failed];
  return [failed, { world: takeLock(machine, taken, world), value: acquired(value) }];
}

function findOuter(lock: LockValue, world: World): Held | undefined {
  return world.held.find((held) => compareFiles(held.lock.file, lock.file) === "same");
}

/** Reports an acquire of a file whose lock this code may hold already: it waits for itself. */
export function checkNested(machine: Machine, lock: LockValue, reentry: Reentry, world: World): void {
  const outer = findOuter(lock, world);
  // With a lock that the scope owns, a forbidden re-entry fails at once, loudly; only a handle is waited for.
  if (outer === undefined || outer.reentrant || reentry.isNested) return;
  // What is forgotten in the next round, or by the next assignment, leaks: that is the mistake to report.
  if (outer.lock.site === lock.site || isReplaced(machine, outer.lock, lock.site, world)) return;
  const via = machine.activation.calls.at(-1);
  machine.recorder.find({
    rule: "no-nested-session-lock",
    message: "nested",
    node: lock.site,
    data: { outer: place(outer.lock.site) },
    path: world.path,
    related: outer.lock.site,
    ...(via === undefined ? {} : { via }),
  });
}

/** True for `lock = await acquire(…)` where the variable still has the handle of the other lock. */
function isReplaced(machine: Machine, other: LockValue, site: Node, world: World): boolean {
  const assigned = site.parent?.type === AST_NODE_TYPES.AwaitExpression ? site.parent.parent : site.parent;
  if (assigned?.type !== AST_NODE_TYPES.AssignmentExpression) return false;
  const variable = machine.scope.variableOf(assigned.left);
  const value = variable === undefined ? undefined : world.bindings.get(cellOf(variable));
  return value?.kind === "lock" && value.site === other.site;
}

export function releaseLock(machine: Machine, lock: LockValue, at: Node, world: World): World {
  const held = world.heldOf(lock);
  machine.recorder.release({ node: at, isHeld: held !== undefined, before: world.releasedAt(lock) });
  if (held === undefined) return world;
  return endClaims(lock, endWork(machine, lock, world).release(lock, at));
}

/** What a check found to be held may have been this lock. */
function endClaims(lock: LockValue, world: World): World {
  return world.held
    .filter((held) => held.lock.claim === "asserted" && mayShare(held.lock.file, lock.file))
    .reduce((before, held) => before.forget(held.lock), world);
}

/** Reports the work that still goes on when the lock it relies on goes away. */
export function endWork(machine: Machine, lock: LockValue, world: World): World {
  for (const work of world.pending) {
    const node = combinedPromise(work);
    machine.recorder.find({
      rule: "no-escaping-session-lock",
      message: "outlives",
      node,
      data: { call: shorten(machine.textOf(node)), acquired: place(lock.site) },
      path: world.path,
      related: lock.site,
    });
  }
  return world.settle(world.pending);
}

/** What a `return` gives away goes on after the function's `finally` blocks. */
export function returnWork(machine: Machine, outcome: Outcome): World {
  let { world } = outcome;
  if (world.held.length === 0) return world;
  for (const part of partsOf(outcome.value)) {
    if (part.kind === "promise") for (const work of part.work) world = world.start(work);
  }
  return world;
}

/**
 * A value that nobody looks at. After `expression;` only what is surely a promise counts as one; whoever writes `void`
 * says that there is one.
 */
export function discard(machine: Machine, value: Value, world: World, isVoid = false): World {
  let after = world;
  for (const part of partsOf(value)) {
    if (part.kind !== "promise" || !(part.isCertain || isVoid)) continue;
    if (part.acquires !== undefined) {
      machine.recorder.find({
        rule: "release-session-lock",
        message: "notAwaited",
        node: part.acquires.site,
        data: { acquired: place(part.acquires.site) },
        path: world.path,
      });
    }
    if (part.scope !== undefined) {
      machine.recorder.find({
        rule: "no-escaping-session-lock",
        message: "floating",
        node: part.scope,
        data: {},
        path: world.path,
      });
    }
    if (world.held.length > 0) for (const work of part.work) after = after.start(work);
  }
  return after;
}

/** Reports the locks that a function still holds when it ends, and hands those that it returns to its caller. */
export function checkLeaks(
  machine: Machine,
  world: World,
  returned: readonly Value[],
  end: { readonly how: "returns" | "throws"; readonly owner: string | undefined },
): World {
  let after = world;
  for (const { lock, owner } of world.held) {
    if (owner !== machine.activation.key) continue;
    const isReturned = returned.some(
      (value) => (value.kind === "lock" || value.kind === "release") && sameSite(value, lock),
    );
    const isGiven = end.how === "returns" && keepsLocks(machine, machine.activation.node);
    after = isReturned || isGiven ? after.transfer(lock, end.owner) : after.forget(lock);
    if (isReturned || isGiven) continue;
    const callee = machine.recorder.handedTo(lock);
    machine.recorder.find({
      rule: "release-session-lock",
      message: leakOf(lock, end.how, callee),
      node: lock.site,
      data: { acquired: place(lock.site), callee: callee ?? "", lock: machine.textOf(lock.site) },
      path: world.path,
    });
  }
  return after;
}

function leakOf(lock: LockValue, how: "returns" | "throws", callee: string | undefined): string {
  if (lock.site.type === AST_NODE_TYPES.Identifier) return "keepsGiven";
  if (callee !== undefined) return "handedOver";
  return how === "throws" ? "leaksOnThrow" : "leaks";
}

function sameSite(value: Extract<Value, { kind: "lock" | "release" }>, lock: LockValue): boolean {
  return (value.kind === "lock" ? value.site : value.lock.site) === lock.site;
}
