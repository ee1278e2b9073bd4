import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { evaluateReturned } from "./awaited-calls.ts";
import { assignPattern } from "./bindings.ts";
import { declareClass } from "./classes.ts";
import { branch } from "./conditions.ts";
import type { Completions } from "./frame.ts";
import { forget, lastUsesIn } from "./last-uses.ts";
import { executeExport } from "./leaving.ts";
import { discard, releaseLock, returnWork } from "./lock-effects.ts";
import { executeLoop, executeSwitch } from "./loops.ts";
import { capture, type Machine } from "./machine.ts";
import { cellOf } from "./resolve.ts";
import { disposeStack } from "./stacks.ts";
import type { Node } from "./syntax.ts";
import { nullish, unknown } from "./values.ts";
import type { World } from "./world.ts";
import { meet } from "./worlds.ts";

type Block = TSESTree.Program | TSESTree.BlockStatement | TSESTree.StaticBlock | TSESTree.TSModuleBlock;

/** Runs a statement in one world; the result is every world in which it ends normally. */
export function executeStatement(machine: Machine, node: Node, world: World): readonly World[] {
  switch (node.type) {
    case AST_NODE_TYPES.Program:
    case AST_NODE_TYPES.BlockStatement:
    case AST_NODE_TYPES.StaticBlock:
    case AST_NODE_TYPES.TSModuleBlock:
      return executeBlock(machine, node, world);
    case AST_NODE_TYPES.ExpressionStatement:
      return machine
        .evaluate(node.expression, world)
        .map((outcome) => discard(machine, outcome.value, outcome.world));
    case AST_NODE_TYPES.VariableDeclaration:
      return declare(machine, node, world);
    case AST_NODE_TYPES.IfStatement: {
      const { whenTrue, whenFalse } = branch(machine, node.test, world);
      const consequent = whenTrue.flatMap((taken) => machine.execute(node.consequent, taken));
      const { alternate } = node;
      return meet([
        ...consequent,
        ...(alternate === null ? whenFalse : whenFalse.flatMap((other) => machine.execute(alternate, other))),
      ]);
    }
    case AST_NODE_TYPES.TryStatement:
      return executeTry(machine, node, world);
    case AST_NODE_TYPES.ReturnStatement:
      if (node.argument === null) machine.frame.addReturn({ world, value: nullish });
      else {
        for (const outcome of evaluateReturned(machine, node.argument, world)) {
          machine.frame.addReturn({ ...outcome, world: returnWork(machine, outcome) });
        }
      }
      return [];
    case AST_NODE_TYPES.ThrowStatement:
      for (const outcome of machine.evaluate(node.argument, world)) machine.frame.addThrow(outcome.world);
      return [];
    case AST_NODE_TYPES.BreakStatement:
      machine.frame.addJump(node.label === null ? "break" : `break ${node.label.name}`, world);
      return [];
    case AST_NODE_TYPES.ContinueStatement:
      machine.frame.addJump(node.label === null ? "continue" : `continue ${node.label.name}`, world);
      return [];
    case AST_NODE_TYPES.LabeledStatement:
      return executeLabeled(machine, node, world);
    case AST_NODE_TYPES.WhileStatement:
    case AST_NODE_TYPES.DoWhileStatement:
    case AST_NODE_TYPES.ForStatement:
    case AST_NODE_TYPES.ForInStatement:
    case AST_NODE_TYPES.ForOfStatement:
      return executeLoop(machine, node, world, []);
    case AST_NODE_TYPES.SwitchStatement:
      return executeSwitch(machine, node, world);
    case AST_NODE_TYPES.ExportNamedDeclaration:
    case AST_NODE_TYPES.ExportDefaultDeclaration:
      return executeExport(machine, node, world);
    case AST_NODE_TYPES.ClassDeclaration:
      return declareClass(machine, node, world);
    case AST_NODE_TYPES.TSModuleDeclaration:
      return "body" in node ? machine.execute(node.body, world) : [world];
    case AST_NODE_TYPES.WithStatement:
      return machine
        .evaluate(node.object, world)
        .flatMap((outcome) => machine.execute(node.body, outcome.world));
    case AST_NODE_TYPES.FunctionDeclaration:
    case AST_NODE_TYPES.EmptyStatement:
    case AST_NODE_TYPES.DebuggerStatement:
    case AST_NODE_TYPES.ImportDeclaration:
    case AST_NODE_TYPES.ExportAllDeclaration:
    case AST_NODE_TYPES.TSDeclareFunction:
    case AST_NODE_TYPES.TSInterfaceDeclaration:
    case AST_NODE_TYPES.TSTypeAliasDeclaration:
      return [world];
    default:
      return machine.evaluate(node, world).map((outcome) => outcome.world);
  }
}

function executeBlock(machine: Machine, block: Block, world: World): readonly World[] {
  const resources = block.body.filter(isUsing);
  const locals = block.type === AST_NODE_TYPES.Program ? [] : machine.scope.localsOf(block);
  if (resources.length === 0 && locals.length === 0) return executeAll(machine, block, world);
  const { frame, result } = capture(machine, () => executeAll(machine, block, world));
  return finish(machine, { frame, normal: result }, (before) => [
    disposeAll(machine, resources, before).leave(locals),
  ]);
}

function executeAll(machine: Machine, block: Block, world: World): readonly World[] {
  const lastUses = lastUsesIn(machine.scope, block);
  let worlds: readonly World[] = [world];
  for (const statement of block.body) {
    const unused = lastUses.get(statement);
    worlds = meet(
      worlds.flatMap((before) => {
        const after = machine.execute(statement, before);
        return unused === undefined ? after : after.map((one) => forget(one, unused));
      }),
    );
  }
  return worlds;
}

function isUsing(node: Node): node is TSESTree.VariableDeclaration {
  return (
    node.type === AST_NODE_TYPES.VariableDeclaration && (node.kind === "using" || node.kind === "await using")
  );
}

/** Releases what a block's `using` declarations own; one that fails does not keep the others from it. */
function disposeAll(
  machine: Machine,
  resources: readonly TSESTree.VariableDeclaration[],
  world: World,
): World {
  let after = world;
  for (const declarator of resources.flatMap((resource) => [...resource.declarations]).reverse()) {
    const variable = machine.scope.variableOf(declarator.id);
    const value = variable === undefined ? undefined : world.bindings.get(cellOf(variable));
    if (value?.kind === "lock" && after.heldOf(value) !== undefined) {
      after = releaseLock(machine, value, declarator, after);
    }
    if (value?.kind === "stack") after = disposeStack(machine, value, declarator, after);
  }
  if (after !== world) machine.frame.addThrow(after);
  return after.leave(usedCells(machine, resources));
}

function usedCells(machine: Machine, resources: readonly TSESTree.VariableDeclaration[]): readonly string[] {
  return resources.flatMap(({ declarations }) =>
    declarations.flatMap(({ id }) => {
      const variable = machine.scope.variableOf(id);
      return variable === undefined ? [] : [cellOf(variable)];
    }),
  );
}

function declare(machine: Machine, node: TSESTree.VariableDeclaration, world: World): readonly World[] {
  let worlds: readonly World[] = [world];
  for (const { id, init } of node.declarations) {
    const after = worlds.flatMap((before) => {
      if (init === null) {
        const isLoopVariable =
          node.parent.type === AST_NODE_TYPES.ForInStatement ||
          node.parent.type === AST_NODE_TYPES.ForOfStatement;
        return assignPattern(machine, id, isLoopVariable || node.kind === "var" ? unknown : nullish, before);
      }
      return machine
        .evaluate(init, before)
        .flatMap((outcome) => assignPattern(machine, id, outcome.value, outcome.world, init));
    });
    worlds = meet(after);
  }
  return worlds;
}

function executeLabeled(machine: Machine, node: TSESTree.LabeledStatement, world: World): readonly World[] {
  const labels = [node.label.name];
  let body: Node = node.body;
  while (body.type === AST_NODE_TYPES.LabeledStatement) {
    labels.push(body.label.name);
    body = body.body;
  }
  const inner = body;
  const { frame, result } = capture(machine, () => {
    switch (inner.type) {
      case AST_NODE_TYPES.WhileStatement:
      case AST_NODE_TYPES.DoWhileStatement:
      case AST_NODE_TYPES.ForStatement:
      case AST_NODE_TYPES.ForInStatement:
      case AST_NODE_TYPES.ForOfStatement:
        return executeLoop(machine, inner, world, labels);
      default:
        return machine.execute(inner, world);
    }
  });
  const targets = labels.map((label) => `break ${label}`);
  machine.frame.addAll(frame, targets);
  return meet([...result, ...targets.flatMap((target) => frame.jumps.get(target) ?? [])]);
}

function executeTry(machine: Machine, node: TSESTree.TryStatement, world: World): readonly World[] {
  const { handler, finalizer } = node;
  const run = (): readonly World[] => {
    if (handler === null) return machine.execute(node.block, world);
    const { frame, result } = capture(machine, () => machine.execute(node.block, world));
    machine.frame.addAll({ ...completionsOf(frame), throws: [] });
    const caught = frame.throws.flatMap((thrown) => {
      const entered = thrown.step(handler, "threw");
      const bound =
        handler.param === null ? [entered] : assignPattern(machine, handler.param, unknown, entered);
      return bound.flatMap((before) => machine.execute(handler.body, before));
    });
    return meet([...result, ...caught]);
  };
  if (finalizer === null) return run();
  const { frame, result } = capture(machine, run);
  return finish(machine, { frame, normal: result }, (before) => machine.execute(finalizer, before));
}

function completionsOf({ throws, returns, jumps }: Completions): Completions {
  return { throws, returns, jumps };
}

/** Runs what must run on every way out, once for each kind of completion; each then goes on its way. */
function finish(
  machine: Machine,
  code: { readonly frame: Completions; readonly normal: readonly World[] },
  finalize: (world: World) => readonly World[],
): readonly World[] {
  for (const thrown of code.frame.throws) {
    for (const after of finalize(thrown)) machine.frame.addThrow(after);
  }
  for (const { world, value } of code.frame.returns) {
    for (const after of finalize(world)) machine.frame.addReturn({ world: after, value });
  }
  for (const [target, worlds] of code.frame.jumps) {
    for (const after of meet(worlds).flatMap(finalize)) machine.frame.addJump(target, after);
  }
  return meet(code.normal.flatMap(finalize));
}
