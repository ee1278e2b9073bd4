import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Call } from "./calls.ts";
import { compareFiles, type FileRef } from "./file-ref.ts";
import type { Outcome } from "./frame.ts";
import { releaseLock, startAcquire } from "./lock-effects.ts";
import { one, type Machine } from "./machine.ts";
import { runWrapper } from "./scopes.ts";
import { nodeKey } from "./syntax.ts";
import type { LockValue, Value } from "./values.ts";
import type { MutexSpec } from "./vocabulary.ts";
import type { World } from "./world.ts";

export type MutexValue = Extract<Value, { kind: "mutex" }>;

const plain = { isAllowed: true, isNested: false };

/** A method of a mutex; `undefined` for those that neither acquire nor release. */
export function callMutexMethod(
  machine: Machine,
  call: Call,
  mutex: MutexValue,
  name: string,
  world: World,
): readonly Outcome[] | undefined {
  const { acquire, run, release } = namesOf(mutex.spec);
  const file = fileOfMutex(mutex);
  if (run.includes(name)) {
    return runWrapper(machine, call, { file, callback: 0, isReentrant: false, reentry: plain }, world);
  }
  if (acquire.includes(name)) {
    machine.frame.addThrow(world);
    const lock: LockValue = {
      kind: "lock",
      site: call.node,
      file,
      spec: { from: mutex.spec.from, name, returns: mutex.spec.gives ?? "release" },
    };
    return startAcquire(machine, lock, plain, world);
  }
  if (!release.includes(name)) return undefined;
  const held = world.held.find(({ lock }) => compareFiles(lock.file, file) === "same");
  return one(held === undefined ? world : releaseLock(machine, held.lock, call.node, world));
}

/** `new Mutex()`; `undefined` if more than one may hold it at a time, or if it does not say. */
export function makeMutex({ node }: Call, spec: MutexSpec): MutexValue | undefined {
  const [permits] = node.arguments;
  const isExclusive = permits?.type === AST_NODE_TYPES.Literal && permits.value === 1;
  return spec.counts === true && !isExclusive ? undefined : { kind: "mutex", site: node, spec };
}

function namesOf(spec: MutexSpec): Required<Pick<MutexSpec, "acquire" | "run" | "release">> {
  const { acquire = ["acquire"], run = ["runExclusive"], release = ["release"] } = spec;
  return { acquire, run, release };
}

/** Which file a mutex guards is known to its author only: it covers any, and is the same as itself. */
function fileOfMutex({ site }: MutexValue): FileRef {
  return { kind: "path", root: `mutex ${nodeKey(site)}`, properties: [], given: false };
}
