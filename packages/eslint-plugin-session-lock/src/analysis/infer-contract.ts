import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { noContract, type Contract } from "./contracts.ts";
import type { Facts, GivenCall } from "./facts.ts";
import type { FileRef } from "./file-ref.ts";
import { parametersOf } from "./parameters.ts";
import { cellOf, type ScopeIndex } from "./resolve.ts";
import { isIn, parentOf, type ClassNode, type FunctionNode, type Node } from "./syntax.ts";
import type { Place } from "./tags.ts";
import type { LockValue, ManagerValue, Value } from "./values.ts";
import { releaseMethods } from "./vocabulary.ts";

/** The module that the function itself stands in, as a manager's `from`: it has no name of its own here. */
export const ownModule = "";

/**
 * What a function that says nothing of itself was seen to do for its callers; `undefined` if they need not know.
 * `managerName` gives the name under which a class of the file is exported as a manager.
 */
export function inferContract(
  node: FunctionNode,
  scope: ScopeIndex,
  facts: Facts,
  managerName: (node: ClassNode) => string | undefined,
): Contract | undefined {
  const places = placesOf(node, scope);
  const placeOf = (file: FileRef | undefined): Place | undefined => {
    const root = file?.kind === "path" ? places.get(file.root) : undefined;
    if (root === undefined || file?.kind !== "path") return undefined;
    return { ...root, properties: [...root.properties, ...file.properties] };
  };
  const found: Omit<Contract, "isAnnotated" | "isSkipped"> = {
    ...inferRequirement(node, facts),
    ...(inferWrapper(node, scope, facts, placeOf) ?? inferResult(node, facts, placeOf, managerName)),
    ...inferRelease(node, facts),
  };
  return Object.keys(found).length === 0 ? undefined : { ...noContract, ...found, isAnnotated: true };
}

type PlaceOf = (file: FileRef | undefined) => Place | undefined;

/** The parameters of a function by the cells of their variables. */
function placesOf(node: FunctionNode, scope: ScopeIndex): ReadonlyMap<string, Place> {
  return new Map(
    parametersOf(node).flatMap(({ name, place }) => {
      const variable = scope.variableOf(name);
      return variable === undefined ? [] : [[cellOf(variable), place] as const];
    }),
  );
}

/** It writes a manager that it was handed. What it opens itself it answers for itself. */
function inferRequirement(node: FunctionNode, facts: Facts): Pick<Contract, "requires"> {
  const isDemanding = facts
    .refusalsIn(node)
    .some(
      ({ problem, manager: { site } }) =>
        problem?.kind === "callerMustLock" && parentOf(site)?.type !== AST_NODE_TYPES.VariableDeclarator,
    );
  return isDemanding ? { requires: { file: undefined } } : {};
}

/** Wherever it calls one of its arguments, it awaits that under a lock that it took for it. */
function inferWrapper(
  node: FunctionNode,
  scope: ScopeIndex,
  facts: Facts,
  placeOf: PlaceOf,
): Pick<Contract, "wrapper"> | undefined {
  for (const { name, place } of parametersOf(node)) {
    const variable = scope.variableOf(name);
    if (variable === undefined || place.properties.length > 0) continue;
    const calls = facts.callsIn(node).filter(({ cell }) => cell === cellOf(variable));
    const locks = calls.map((call) => (call.isAwaited ? lockAround(call, node) : undefined));
    const [first] = locks;
    const isCovered = locks.every((lock) => lock !== undefined);
    const isOnlyCalled = variable.references.every(
      ({ identifier }) => isTest(identifier) || calls.some(({ call }) => isUsedIn(identifier, call)),
    );
    if (first === undefined || !isCovered || !isOnlyCalled) continue;
    const resources = locks.map((lock) => placeOf(lock.file));
    const [resource] = resources;
    const isSame = resources.every((other) => JSON.stringify(other) === JSON.stringify(resource));
    return { wrapper: { callback: place.index, resource: isSame ? resource : undefined } };
  }
  return undefined;
}

function lockAround({ held }: GivenCall, node: FunctionNode): LockValue | undefined {
  return held.find(({ lock }) => lock.claim === undefined && isIn(lock.site, node))?.lock;
}

function isUsedIn(name: Node, call: Node): boolean {
  if (call.type !== AST_NODE_TYPES.CallExpression && call.type !== AST_NODE_TYPES.NewExpression) return false;
  return call.callee === name || call.arguments.some((argument) => argument === name);
}

/** `if (work)`, `typeof work`. */
function isTest({ parent }: Node): boolean {
  return parent?.type === AST_NODE_TYPES.IfStatement || parent?.type === AST_NODE_TYPES.UnaryExpression;
}

/** Whatever it gives is a lock, or a manager, or one of its arguments. */
function inferResult(
  node: FunctionNode,
  facts: Facts,
  placeOf: PlaceOf,
  managerName: (node: ClassNode) => string | undefined,
): Pick<Contract, "acquires" | "opens" | "returns"> {
  const ends = facts.endsOf(node).map(({ value }) => read(value, node.async));
  const results = ends.filter(({ value }) => value.kind !== "nullish");
  const [first, ...others] = results;
  if (first === undefined) return {};
  const { value, isAsync } = first;
  const isAlike = others.every((other) => other.value.kind === value.kind && other.isAsync === isAsync);
  const isAlways = results.length === ends.length;
  if (!isAlike) return {};
  switch (value.kind) {
    case "lock":
    case "release": {
      const lock = value.kind === "lock" ? value : value.lock;
      // Of a promise that may give nothing there is no telling what it has acquired.
      if ((isAsync && !isAlways) || !isIn(lock.site, node)) return {};
      const { release } = lock.spec;
      return {
        acquires: {
          file: placeOf(lock.file),
          ...(value.kind === "release" ? { returns: "release" } : {}),
          ...(release === undefined ? {} : { release }),
          ...(isAsync ? {} : { sync: isAlways ? "throws" : true }),
        },
      };
    }
    case "manager":
      return inferOpener(value, isAsync, node, placeOf);
    case "instance": {
      const name = managerName(value.node);
      if (name === undefined) return {};
      return { opens: { manager: { from: ownModule, name }, file: undefined, origin: "opened", isAsync } };
    }
    case "unknown": {
      const returns = placeOf(value.file);
      const isSame = results.every(
        (other) => JSON.stringify(placeOf(fileOf(other.value))) === JSON.stringify(returns),
      );
      return returns !== undefined && isSame && !isAsync ? { returns } : {};
    }
    default:
      return {};
  }
}

function inferOpener(
  manager: ManagerValue,
  isAsync: boolean,
  node: FunctionNode,
  placeOf: PlaceOf,
): Pick<Contract, "opens" | "returns"> {
  const { spec, origin, file, site } = manager;
  const given = parametersOf(node).find(({ name }) => name === site);
  if (origin === "given") return given === undefined || isAsync ? {} : { returns: given.place };
  if (origin === "field" || !isIn(site, node)) return {};
  return {
    opens: { manager: { from: spec.from, name: spec.name }, file: placeOf(file), origin, isAsync },
  };
}

function fileOf(value: Value): FileRef | undefined {
  return value.kind === "unknown" ? value.file : undefined;
}

/** What a caller has in hand once it has awaited the result, and whether it must. */
function read(value: Value, isInPromise: boolean): { readonly value: Value; readonly isAsync: boolean } {
  if (value.kind === "method" && value.receiver.kind === "lock") {
    const { receiver, name } = value;
    const isRelease = releaseMethods(receiver.spec).includes(name);
    return { value: isRelease ? { kind: "release", lock: receiver } : value, isAsync: isInPromise };
  }
  if (value.kind !== "promise" || !value.isCertain) return { value, isAsync: isInPromise };
  const { acquires } = value;
  if (acquires === undefined) return read(value.result, true);
  const isRelease = acquires.spec.returns === "release";
  return { value: isRelease ? { kind: "release", lock: acquires } : acquires, isAsync: true };
}

/** A lock that it is given is released on every way. */
function inferRelease(node: FunctionNode, facts: Facts): Pick<Contract, "releases"> {
  const ends = facts.endsOf(node);
  const released = parametersOf(node).find(({ name }) => {
    const lock: LockValue = { kind: "lock", site: name, file: undefined, spec: { from: "", name: "" } };
    return ends.every(
      ({ world }) => world.releasedAt(lock) !== undefined && world.heldOf(lock) === undefined,
    );
  });
  return released === undefined || ends.length === 0 ? {} : { releases: { lock: released.place } };
}
