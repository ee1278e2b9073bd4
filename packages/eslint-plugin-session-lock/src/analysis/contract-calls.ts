import type { Call } from "./calls.ts";
import { givesAtOnce, type AcquireClaim, type Claim, type Contract, type OpenClaim } from "./contracts.ts";
import type { FileRef } from "./file-ref.ts";
import type { Outcome } from "./frame.ts";
import { releaseLock, startAcquire } from "./lock-effects.ts";
import type { Machine } from "./machine.ts";
import { place } from "./place.ts";
import { reentryOf } from "./reentry.ts";
import { fileAt, valueAt } from "./resources.ts";
import { runWrapper } from "./scopes.ts";
import { callUnknown } from "./unknown-calls.ts";
import type { LockValue, Value } from "./values.ts";
import type { ManagerSpec } from "./vocabulary.ts";
import { mayShare, type World } from "./world.ts";

/** Calls a function that says what it does to the lock: it is believed, and not looked into. */
export function callContract(
  machine: Machine,
  call: Call,
  contract: Contract,
  world: World,
): readonly Outcome[] {
  const { requires, acquires, releases, asserts, wrapper, returns } = contract;
  if (requires !== undefined) checkRequired(machine, call, requires, world);
  if (wrapper !== undefined) {
    const scope = {
      file: wrapper.resource === undefined ? undefined : fileAt(machine, call, wrapper.resource, world),
      callback: wrapper.callback,
      isReentrant: true,
      reentry: reentryOf(machine, call, world),
    };
    return runWrapper(machine, call, scope, world);
  }
  if (acquires !== undefined) {
    machine.frame.addThrow(world);
    const lock = lockFor(machine, call, acquires, world);
    return startAcquire(machine, lock, reentryOf(machine, call, world), world);
  }
  const released = releases === undefined ? world : releaseGiven(machine, call, releases.lock, world);
  const given = returns === undefined ? undefined : valueAt(machine, call, returns, world);
  const outcomes = callUnknown(machine, call, released).map((outcome) =>
    given === undefined ? outcome : { ...outcome, value: given },
  );
  if (asserts === undefined) return outcomes;
  const lock: LockValue = { ...lockFor(machine, call, asserts, world), claim: "asserted" };
  return outcomes.map((outcome) => ({
    ...outcome,
    world: isHeld(outcome.world, lock.file) ? outcome.world : outcome.world.hold(lock),
  }));
}

function isHeld(world: World, file: FileRef | undefined): boolean {
  return world.held.some(({ lock }) => mayShare(lock.file, file));
}

function checkRequired(machine: Machine, call: Call, { file }: Claim, world: World): void {
  const { held } = world;
  const wanted = file === undefined ? undefined : fileAt(machine, call, file, world);
  if (machine.vocabulary.resourceMatch === "any" ? held.length > 0 : isHeld(world, wanted)) return;
  const { callee } = call.node;
  const [other] = held;
  machine.recorder.find({
    rule: "require-session-lock",
    message: other === undefined ? "annotatedCallee" : "annotatedWrongFile",
    node: callee,
    data: {
      callee: machine.textOf(callee),
      acquired: other === undefined ? "" : place(other.lock.site),
      also: "",
    },
    path: world.path,
  });
}

/** Without a name every lock among the arguments is meant, also one inside an object. */
function releaseGiven(
  machine: Machine,
  call: Call,
  at: Parameters<typeof valueAt>[2] | undefined,
  world: World,
): World {
  const given = at === undefined ? call.args : [valueAt(machine, call, at, world)];
  return given.reduce((before, value) => {
    if (value.kind === "release") return releaseLock(machine, value.lock, call.node, before);
    return value.kind === "lock" ? releaseLock(machine, value, call.node, before) : before;
  }, world);
}

function lockFor(machine: Machine, call: Call, claim: AcquireClaim, world: World): LockValue {
  const { file, ...form } = claim;
  return {
    kind: "lock",
    site: call.node,
    file: file === undefined ? undefined : fileAt(machine, call, file, world),
    spec: { from: "", name: "", ...(isSync(call) ? { sync: true } : {}), ...form },
  };
}

/** Calls a function of another file that opens a manager. */
export function callOpener(
  machine: Machine,
  call: Call,
  { file, origin, isAsync }: OpenClaim,
  spec: Required<ManagerSpec>,
  world: World,
): readonly Outcome[] {
  const opened = file === undefined ? undefined : fileAt(machine, call, file, world);
  const manager: Value = { kind: "manager", spec, site: call.node, file: opened, origin };
  const value: Value = isAsync ? { kind: "promise", result: manager, work: [], isCertain: true } : manager;
  return callUnknown(machine, call, world).map((outcome) => ({ ...outcome, value }));
}

/** True for a function that gives the handle itself: it is not async, and its type is no promise. */
function isSync({ callee }: Call): boolean {
  return (
    callee.kind === "function" && !callee.node.async && givesAtOnce(callee.node.returnType?.typeAnnotation)
  );
}
