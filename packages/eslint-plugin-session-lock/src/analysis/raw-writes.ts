import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Call } from "./calls.ts";
import { callUnknown } from "./unknown-calls.ts";
import { compareFiles, fileKey, type FileRef } from "./file-ref.ts";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import { fileGetter, isFileGetter, isSessionName } from "./name-ends.ts";
import { isReading } from "./open-flags.ts";
import { place } from "./place.ts";
import { resourceOf } from "./resources.ts";
import { staticName, unwrap, type Node } from "./syntax.ts";
import type { LockValue, ManagerValue } from "./values.ts";
import { completeManager, type RawReadSpec, type RawWriteSpec } from "./vocabulary.ts";
import { mayShare, type World } from "./world.ts";

/** A write that goes past the session manager, such as `appendFile(sessionFile, …)`. */
export function callRawWrite(
  machine: Machine,
  call: Call,
  spec: RawWriteSpec,
  world: World,
): readonly Outcome[] {
  const { resource = 0, moves } = spec;
  const places = isReading(call.node.arguments, spec)
    ? []
    : moves === undefined
      ? [resource]
      : [resource, moves];
  for (const place of places) {
    const file = resourceOf(machine, call, place, world);
    if (spec.anyFile === true && !isTranscript(machine, call, place, file, world)) continue;
    reportWrite(machine, call, { ...spec, resource: place }, file, world);
    break;
  }
  return callUnknown(machine, call, world);
}

function reportWrite(
  machine: Machine,
  call: Call,
  spec: RawWriteSpec,
  file: FileRef | undefined,
  world: World,
): void {
  const holders = world.held.filter(({ lock }) => mayShare(lock.file, file));
  if (holders.some(({ lock }) => lock.claim === "owned")) return;
  const argument = argumentOf(call, spec.resource);
  const base = { node: call.node.callee, path: world.path };
  const data = {
    call: machine.textOf(call.node.callee),
    file: argument === undefined ? "" : machine.textOf(argument),
  };
  machine.recorder.find({
    ...base,
    rule: "no-raw-transcript-write",
    message: holders.length > 0 ? "rawWrite" : "rawUnlocked",
    data,
  });
  const read = world.bindings.get(readCell(file));
  if (spec.rewrites !== true || read?.kind !== "manager" || read.staleSince === undefined) return;
  machine.recorder.find({
    ...base,
    rule: "no-stale-session-manager",
    message: "staleRead",
    data: { ...data, opened: place(read.site), acquired: place(read.staleSince) },
    related: read.site,
  });
}

/** A read past the session manager: what it gave ages like a manager does. */
export function callRawRead(
  machine: Machine,
  call: Call,
  spec: RawReadSpec,
  world: World,
): readonly Outcome[] {
  const file = resourceOf(machine, call, spec.resource ?? 0, world);
  const isKnown = spec.anyFile !== true || isTranscript(machine, call, spec.resource, file, world);
  if (file === undefined || !isKnown) return callUnknown(machine, call, world);
  const snapshot: ManagerValue = {
    kind: "manager",
    spec: completeManager(spec),
    site: call.node,
    file,
    origin: "opened",
  };
  const cell = readCell(file);
  const reader = machine.activation.node;
  machine.reads.set(reader, (machine.reads.get(reader) ?? new Set()).add(cell));
  return callUnknown(machine, call, world.bind(cell, snapshot));
}

/** The cell that remembers when a file was read. */
function readCell(file: FileRef | undefined): string {
  return `read ${fileKey(file)}`;
}

/** A session file by its ending, by the name of the variable or property that holds it, or because a session's lock of it is held. */
function isTranscript(
  machine: Machine,
  call: Call,
  resource: string | number | undefined,
  file: FileRef | undefined,
  world: World,
): boolean {
  const { fileNames } = machine.vocabulary;
  const isNamed = (name: string | undefined): boolean =>
    name === fileGetter || (name !== undefined && fileNames.includes(name));
  if (namesOf(argumentOf(call, resource)).some(isNamed)) return true;
  if (file === undefined) return false;
  if (file.kind === "call" && isGetter(file.callee)) return true;
  const isLockOf = ({ spec, file: locked }: LockValue): boolean =>
    spec.anyFile !== true && compareFiles(locked, file) === "same";
  if (world.held.some(({ lock }) => isLockOf(lock))) return true;
  for (const value of world.bindings.values) {
    if (value.kind === "manager" && compareFiles(value.file, file) === "same") return true;
  }
  return isSessionName(fileNames, lastPart(file) ?? "");
}

/** What the variables and properties are called that an argument may be. */
function namesOf(argument: Node | undefined): readonly (string | undefined)[] {
  const inner = argument === undefined ? undefined : unwrap(argument);
  switch (inner?.type) {
    case AST_NODE_TYPES.Identifier:
      return [inner.name];
    case AST_NODE_TYPES.MemberExpression:
      return [staticName(inner.property, inner.computed)];
    case AST_NODE_TYPES.CallExpression:
      return isFileGetter(inner.callee) ? [fileGetter] : [];
    case AST_NODE_TYPES.LogicalExpression:
      return [...namesOf(inner.left), ...namesOf(inner.right)];
    case AST_NODE_TYPES.ConditionalExpression:
      return [...namesOf(inner.consequent), ...namesOf(inner.alternate)];
    default:
      return [];
  }
}

/** True for `getSessionFile` and `context.getSessionFile`, as the name of a callee that was read from the text. */
function isGetter(callee: string): boolean {
  return callee.replace(/@\d+$/, "").split(".").at(-1) === fileGetter;
}

function argumentOf({ node }: Call, resource: string | number | undefined): Node | undefined {
  return node.arguments.at(typeof resource === "number" ? resource : 0);
}

/** What the file is called at the end of its path, in the text. */
function lastPart(file: FileRef): string | undefined {
  if (file.kind !== "path" && file.called !== undefined) return file.called;
  switch (file.kind) {
    case "path":
      return file.properties.at(-1) ?? file.root.replace(/@\d+$/, "");
    case "text": {
      const last = file.parts.findLast((part) => part !== "");
      return typeof last === "string" || last === undefined ? last : lastPart(last);
    }
    case "call": {
      // A URL ends like what stands before its base.
      const last = file.inputs.at(file.callee === "URL" ? 0 : -1);
      return last === undefined ? undefined : lastPart(last);
    }
  }
}
