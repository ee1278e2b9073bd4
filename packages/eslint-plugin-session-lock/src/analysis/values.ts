import type { Call } from "./calls.ts";
import { fileKey, type FileRef } from "./file-ref.ts";
import { nodeKey, type ClassNode, type FunctionNode, type Node } from "./syntax.ts";
import type { AcquireSpec, Api, ManagerSpec, MutexSpec } from "./vocabulary.ts";

/** A session manager: where it was opened, on which file, and whom that file belongs to. */
export interface ManagerValue {
  readonly kind: "manager";
  readonly spec: Required<ManagerSpec>;
  readonly site: Node;
  readonly file: FileRef | undefined;
  /** `given`: handed in by a caller; `field`: handed in through a field of the class. */
  readonly origin: "opened" | "fresh" | "memory" | "given" | "field";
  /** The acquire since which what it has read may be out of date. */
  readonly staleSince?: Node;
  /** The lock it was opened with, when its constructor was given one. */
  readonly guard?: LockValue;
  /** The class of this file that it is an instance of, derived from the manager's. */
  readonly subclass?: ClassNode | undefined;
}

/** A lock handle; the site is where it was acquired (or the parameter that brought it). */
export interface LockValue {
  readonly kind: "lock";
  readonly site: Node;
  readonly file: FileRef | undefined;
  readonly spec: AcquireSpec;
  /** True if it re-enters a lock that its scope holds, so that a further acquire inside it re-enters as well. */
  readonly isReentry?: boolean;
  /** `owned`: no lock at all, the file is nobody else's. `asserted`: held since a check said so. */
  readonly claim?: "owned" | "asserted";
}

/** A promise that nobody has awaited yet. */
export interface PromiseValue {
  readonly kind: "promise";
  /** What `await` gives. */
  readonly result: Value;
  /** The lock that `await` acquires. */
  readonly acquires?: LockValue;
  /** The calls whose work goes on until the promise settles. */
  readonly work: readonly Node[];
  /** False if it comes from a call that may as well give something else. */
  readonly isCertain: boolean;
  /** True if the code that can reject it was run already, so that its throws are known. */
  readonly isSettled?: boolean;
  /** True if it was rejected; its result is an error then. */
  readonly isRejected?: true;
  /** The wrapper call whose scope it is. */
  readonly scope?: Node;
}

/** What the analysis knows of a value. Everything that cannot matter to a lock is `unknown`. */
export type Value =
  | { readonly kind: "unknown"; readonly file?: FileRef; readonly isObject?: true }
  /** `isLock`: it stands where a lock would, so that code asks for it to know. */
  | { readonly kind: "nullish"; readonly isLock?: true }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "global"; readonly name: string }
  | { readonly kind: "module"; readonly from: string }
  | { readonly kind: "api"; readonly api: Api; readonly subclass?: ClassNode }
  | ManagerValue
  | LockValue
  | { readonly kind: "mutex"; readonly site: Node; readonly spec: MutexSpec }
  | { readonly kind: "release"; readonly lock: LockValue }
  | { readonly kind: "stack"; readonly site: Node }
  | PromiseValue
  /** `isIdle`: nothing in it has to do with locks. */
  | {
      readonly kind: "function";
      readonly node: FunctionNode;
      readonly self?: Value;
      readonly isIdle?: boolean;
    }
  /** The call that made it runs, with its arguments, where the generator is iterated. */
  | { readonly kind: "generator"; readonly call: Call }
  | { readonly kind: "class"; readonly node: ClassNode }
  /** `from`: what it is as one of that class, which its own is derived from: `super`. */
  | { readonly kind: "instance"; readonly node: ClassNode; readonly from?: ClassNode }
  | { readonly kind: "method"; readonly receiver: Value; readonly name: string; readonly node: Node }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Value>; readonly file?: FileRef }
  | { readonly kind: "list"; readonly items: readonly Value[] };

export const unknown: Value = { kind: "unknown" };
/** Not null, whatever else it is: what `new` gives, and a list that is yet to be filled. */
export const someObject: Value = { kind: "unknown", isObject: true };
export const nullish: Value = { kind: "nullish" };
export const noLock: Value = { kind: "nullish", isLock: true };

/** Values never change, so their keys are kept as long as they are. */
const keys = new WeakMap<Value, string>();

/** Equal keys mean equal knowledge. */
export function valueKey(value: Value): string {
  const known = keys.get(value);
  if (known !== undefined) return known;
  const fresh = describe(value);
  keys.set(value, fresh);
  return fresh;
}

function describe(value: Value): string {
  switch (value.kind) {
    case "unknown":
      return `?${value.isObject === true ? "!" : ""}${value.file === undefined ? "" : fileKey(value.file)}`;
    case "nullish":
      return "null";
    case "boolean":
      return String(value.value);
    case "global":
      return `g:${value.name}`;
    case "module":
      return `m:${value.from}`;
    case "api":
      return `a:${value.api.kind}:${value.api.spec.from}:${value.api.spec.name}`;
    case "manager":
      return `M${nodeKey(value.site)}${value.origin}${value.staleSince === undefined ? "" : nodeKey(value.staleSince)}${fileKey(value.file)}`;
    case "lock":
      return `L${nodeKey(value.site)}${fileKey(value.file)}`;
    case "mutex":
      return `X${nodeKey(value.site)}`;
    case "stack":
      return `S${nodeKey(value.site)}`;
    case "release":
      return `R${valueKey(value.lock)}`;
    case "promise":
      return `P${value.isRejected === true ? "!" : ""}(${valueKey(value.result)};${value.acquires === undefined ? "" : valueKey(value.acquires)};${value.work.map(nodeKey).join()})`;
    case "function":
      return `f${nodeKey(value.node)}`;
    case "generator":
      return `G${nodeKey(value.call.node)}(${value.call.args.map(valueKey).join()})`;
    case "class":
      return `c${nodeKey(value.node)}`;
    case "instance":
      return `i${nodeKey(value.node)}${value.from === undefined ? "" : nodeKey(value.from)}`;
    case "method":
      return `${valueKey(value.receiver)}.${value.name}`;
    case "object":
      return `{${[...value.fields].map(([name, field]) => `${name}:${valueKey(field)}`).join()}}`;
    case "list":
      return `[${value.items.map(valueKey).join()}]`;
  }
}

/** True if the value could be a lock, a manager or code that uses one: worth remembering. */
export function isTracked(value: Value): boolean {
  return value.kind !== "unknown" || value.file !== undefined || value.isObject === true;
}

/** True for a value in which there is no lock, no manager and no code that has to do with them. */
export function isPlain(value: Value): boolean {
  switch (value.kind) {
    case "function":
      return value.isIdle === true;
    case "unknown":
    case "boolean":
    case "global":
      return true;
    case "nullish":
      return value.isLock !== true;
    case "list":
      return value.items.every(isPlain);
    case "object":
      return [...value.fields.values()].every(isPlain);
    default:
      return false;
  }
}

/** The same value with each manager in it changed. */
export function mapManagers(value: Value, change: (manager: ManagerValue) => ManagerValue): Value {
  switch (value.kind) {
    case "manager":
      return change(value);
    case "method":
      return { ...value, receiver: mapManagers(value.receiver, change) };
    case "promise":
      return { ...value, result: mapManagers(value.result, change) };
    case "object":
      return {
        ...value,
        fields: new Map([...value.fields].map(([name, field]) => [name, mapManagers(field, change)])),
      };
    case "list":
      return { ...value, items: value.items.map((item) => mapManagers(item, change)) };
    case "generator": {
      const args = value.call.args.map((arg) => mapManagers(arg, change));
      return { ...value, call: { ...value.call, args } };
    }
    default:
      return value;
  }
}

const nothing: readonly Value[] = [];

/** Everything reachable from the value that may be a lock, a manager, code or pending work; the value itself first. */
export function partsOf(value: Value): readonly Value[] {
  switch (value.kind) {
    case "unknown":
    case "nullish":
    case "boolean":
    case "global":
      return nothing;
    case "promise":
      return [value, ...partsOf(value.result)];
    case "object":
      return [value, ...[...value.fields.values()].flatMap(partsOf)];
    case "list":
      return [value, ...value.items.flatMap(partsOf)];
    case "generator":
      return [value, ...value.call.args.flatMap(partsOf)];
    case "method":
      return [value, ...partsOf(value.receiver)];
    case "release":
      return [value, value.lock];
    default:
      return [value];
  }
}
