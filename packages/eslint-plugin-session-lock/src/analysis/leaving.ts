import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { forgetReassigned } from "./assigned-files.ts";
import { readVariable } from "./atoms.ts";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import { namesIn } from "./reach.ts";
import { isExported } from "./reachable.ts";
import type { FunctionNode, Node } from "./syntax.ts";
import { partsOf, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** What a function gives to callers outside the file: they call it when the function has ended. */
export function leaveByReturn(machine: Machine, owner: FunctionNode, returns: readonly Outcome[]): void {
  // Whoever calls what requires the lock holds it, and uses what that gives under it.
  if (machine.contractOf(owner).requires !== undefined) return;
  for (const { value, world } of returns) leaveFile(machine, value, owner, world);
}

/** Runs the declaration that a module exports, and hands what it gives to other files. */
export function executeExport(
  machine: Machine,
  node: TSESTree.ExportNamedDeclaration | TSESTree.ExportDefaultDeclaration,
  world: World,
): readonly World[] {
  const { declaration } = node;
  if (declaration === null) {
    if (node.source === null) for (const { local } of node.specifiers) leaveByName(machine, local, world);
    return [world];
  }
  switch (declaration.type) {
    case AST_NODE_TYPES.FunctionDeclaration:
      return [world];
    case AST_NODE_TYPES.VariableDeclaration: {
      const worlds = machine.execute(declaration, world);
      const names = declaration.declarations.flatMap(({ id }) => namesIn(id));
      for (const after of worlds) for (const name of names) leaveByName(machine, name, after);
      return worlds;
    }
    default:
      if (
        node.type === AST_NODE_TYPES.ExportNamedDeclaration ||
        /Declaration$|^TSDeclare/.test(declaration.type)
      )
        return machine.execute(declaration, world);
      return machine.evaluate(declaration, world).map((outcome) => {
        leaveFile(machine, outcome.value, declaration, outcome.world);
        return outcome.world;
      });
  }
}

function leaveByName(machine: Machine, name: Node, world: World): void {
  if (name.type !== AST_NODE_TYPES.Identifier) return;
  leaveFile(machine, readVariable(machine, name, world), name, world);
}

/** Code outside the file has got a value: it may call the functions in it at any later time. */
function leaveFile(machine: Machine, value: Value, at: Node, world: World): void {
  // What goes away together with a lock is used while that is held.
  const isLocked = world.held.some(({ lock }) => lock.claim === undefined);
  const later = isLocked ? world.settle(world.pending) : world.detached();
  for (const part of partsOf(value)) {
    if (part.kind === "function") leaveFunction(machine, part.node, part.self, later);
    if (part.kind === "method" && !isLocked) machine.escapeMethod(part, at, later);
    if (part.kind === "instance" || part.kind === "class") machine.escapeClass(part.node);
    if (part.kind !== "generator" || part.call.callee.kind !== "function") continue;
    const { callee, args, node } = part.call;
    const { self } = callee;
    machine.escape({ node: callee.node, self, world: later, callback: undefined, calls: [node], args });
  }
}

function leaveFunction(machine: Machine, node: FunctionNode, self: Value | undefined, world: World): void {
  // What is exported by its own name is run in any case.
  if (!machine.isRelevant(node) || isExported(machine.scope, node)) return;
  const start = forgetReassigned(machine.scope, node, world);
  machine.escape({ node, self, world: start, callback: undefined, calls: [], args: [] });
}
