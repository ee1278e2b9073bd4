import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { compareFiles, fileKey } from "./file-ref.ts";
import type { Machine } from "./machine.ts";
import { place } from "./place.ts";
import { isFunction, parentOf, type Node } from "./syntax.ts";
import type { LockValue } from "./values.ts";
import type { World } from "./world.ts";

/** Reports a release that stands right behind its acquire: the lock covers nothing. */
export function checkEmpty(machine: Machine, lock: LockValue, at: Node, world: World): void {
  const acquire = statementIn(lock.site);
  const release = statementIn(at);
  if (acquire === undefined || release?.block !== acquire.block) return;
  if (release.index !== acquire.index + 1 || release.isDeclaration) return;
  machine.recorder.find({
    rule: "release-session-lock",
    message: "empty",
    node: at,
    data: { acquired: place(lock.site) },
    path: world.path,
    related: lock.site,
  });
}

/** Notes the order in which two files' locks are taken, so that the opposite order is seen. */
export function noteOrder(machine: Machine, lock: LockValue, world: World): void {
  for (const outer of world.held) {
    if (outer.lock.claim !== undefined || compareFiles(outer.lock.file, lock.file) !== "different") continue;
    machine.recorder.order({
      outer: fileKey(outer.lock.file),
      inner: fileKey(lock.file),
      outerSite: outer.lock.site,
      innerSite: lock.site,
      path: world.path,
    });
  }
}

interface Position {
  readonly block: Node;
  readonly index: number;
  readonly isDeclaration: boolean;
}

function statementIn(node: Node): Position | undefined {
  let current = node;
  for (let parent = parentOf(node); parent !== undefined; parent = parentOf(parent)) {
    if (isFunction(current)) return undefined;
    if (parent.type === AST_NODE_TYPES.BlockStatement || parent.type === AST_NODE_TYPES.Program) {
      const statement = current;
      const index = parent.body.findIndex((one) => one === statement);
      const isDeclaration = current.type === AST_NODE_TYPES.VariableDeclaration;
      const isPlain = isDeclaration || current.type === AST_NODE_TYPES.ExpressionStatement;
      return isPlain ? { block: parent, index, isDeclaration } : undefined;
    }
    current = parent;
  }
  return undefined;
}
