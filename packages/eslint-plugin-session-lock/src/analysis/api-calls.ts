import type { Call } from "./calls.ts";
import { noteSlow } from "./await.ts";
import { isWaitedFor } from "./awaited-calls.ts";
import { callContract, callOpener } from "./contract-calls.ts";
import { noContract } from "./contracts.ts";
import { callUnknown } from "./unknown-calls.ts";
import { fileOf } from "./files.ts";
import type { Outcome } from "./frame.ts";
import { callImmediate } from "./builtins.ts";
import { releaseLock, startAcquire, writeWith } from "./lock-effects.ts";
import { modeOf } from "./lock-modes.ts";
import { one, type Machine } from "./machine.ts";
import { readMember } from "./members.ts";
import { callRawRead, callRawWrite } from "./raw-writes.ts";
import { reentryOf } from "./reentry.ts";
import { placeOf, resourceOf } from "./resources.ts";
import { runWrapper } from "./scopes.ts";
import { noLock, unknown, type LockValue, type ManagerValue } from "./values.ts";
import type { Api, ManagerSpec, ModalWrapperSpec, ReleaserSpec } from "./vocabulary.ts";
import { mayShare, type World } from "./world.ts";

/** Calls an export that the vocabulary knows. */
export function callApi(machine: Machine, call: Call, api: Api, world: World): readonly Outcome[] {
  switch (api.kind) {
    case "acquire": {
      machine.frame.addThrow(world);
      const lock: LockValue = {
        kind: "lock",
        site: call.node,
        file: resourceOf(machine, call, api.spec.resource ?? "sessionFile", world),
        spec: api.spec,
      };
      return startAcquire(machine, lock, reentryOf(machine, call, world, api.spec), world);
    }
    case "wrapper":
      return callWrapper(machine, call, api.spec, world);
    case "slow":
      if (isWaitedFor(machine, call.node))
        noteSlow(machine, call.node, machine.textOf(call.node.callee), world);
      return callUnknown(machine, call, world);
    case "raw-write":
      return callRawWrite(machine, call, api.spec, world);
    case "raw-read":
      return callRawRead(machine, call, api.spec, world);
    case "contract": {
      const { contract } = api.spec;
      return contract.opens === undefined || api.opened === undefined
        ? callContract(machine, call, contract, world)
        : callOpener(machine, call, contract.opens, api.opened, world);
    }
    case "asserter": {
      const { resource } = api.spec;
      const file = resource === undefined ? undefined : placeOf(resource);
      return callContract(machine, call, { ...noContract, asserts: { file } }, world);
    }
    case "releaser":
      return callReleaser(machine, call, api.spec, world);
    case "immediate":
      return callImmediate(machine, call, call.args, { isRepeated: false }, world);
    case "identity":
      machine.frame.addThrow(world);
      return one(world, call.args[0]);
    case "manager":
    case "mutex":
    case "lock-type":
      return callUnknown(machine, call, world);
  }
}

function callWrapper(machine: Machine, call: Call, spec: ModalWrapperSpec, world: World): readonly Outcome[] {
  const scope = {
    file: resourceOf(machine, call, spec.resource ?? 0, world),
    callback: spec.callback ?? 1,
    isReentrant: spec.reentrant ?? true,
    reentry: reentryOf(machine, call, world, spec),
  };
  const mode = modeOf(machine, call, spec, world);
  const locked = mode === "shared" ? [] : runWrapper(machine, call, scope, world);
  if (mode === "exclusive") return locked;
  const items = [mode === "shared" ? unknown : noLock];
  return [...locked, ...callImmediate(machine, call, call.args, { isRepeated: false, items }, world)];
}

/** A function that takes over the locks it is given, or the one of the file that it is told. */
function callReleaser(
  machine: Machine,
  call: Call,
  { from, resource }: ReleaserSpec,
  world: World,
): readonly Outcome[] {
  if (resource !== undefined) {
    const file = resourceOf(machine, call, resource, world);
    const held = world.held.find(({ lock }) => lock.spec.from === from && mayShare(lock.file, file));
    return callUnknown(
      machine,
      call,
      held === undefined ? world : releaseLock(machine, held.lock, call.node, world),
    );
  }
  const locks = call.args.filter((arg) => arg.kind === "lock");
  const after = locks.reduce((before, lock) => releaseLock(machine, lock, call.node, before), world);
  return callUnknown(machine, call, after);
}

/** `SessionManager.open(file)` and its like; `new SessionManager(…)` counts as an open of a file nobody named. */
export function callManagerClass(
  machine: Machine,
  call: Call,
  spec: Required<ManagerSpec>,
  name: string,
  world: World,
): readonly Outcome[] {
  machine.frame.addThrow(world);
  const origin = originOf(spec, name);
  if (origin === undefined) return callUnknown(machine, call, world);
  const [argument] = call.node.arguments;
  const [value] = call.args;
  const names = spec.open.includes(name) && argument !== undefined && value !== undefined;
  const file = names ? fileOf(machine, argument, value, world) : undefined;
  const guard = guardOf(machine, call, world);
  const manager: ManagerValue = {
    kind: "manager",
    spec,
    site: call.node,
    file,
    origin,
    ...(guard === undefined ? {} : { guard }),
  };
  if (spec.openIsWrite) writeWith(machine, manager, { name, node: call.node.callee }, world);
  return one(world, manager);
}

function originOf(spec: Required<ManagerSpec>, name: string): ManagerValue["origin"] | undefined {
  if (spec.memory.includes(name)) return "memory";
  if (spec.fresh.includes(name)) return "fresh";
  return spec.open.includes(name) || name === "new" || name === "continueRecent" ? "opened" : undefined;
}

/** `SessionManager.open(file, { lock })`. */
function guardOf(machine: Machine, call: Call, world: World): LockValue | undefined {
  const options = call.args[1];
  if (options?.kind !== "object") return undefined;
  const lock = readMember(machine, options, "lock", call.node, world);
  return lock.kind === "lock" ? lock : undefined;
}
