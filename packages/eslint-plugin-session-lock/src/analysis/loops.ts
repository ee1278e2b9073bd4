import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { markAwaited } from "./awaited-calls.ts";
import { branch } from "./conditions.ts";
import { bindItem, bindNext, enterItems, leaveItems } from "./loop-items.ts";
import { capture, type Machine } from "./machine.ts";
import { unwrap, type Node } from "./syntax.ts";
import { unknown } from "./values.ts";
import type { World } from "./world.ts";
import { meet } from "./worlds.ts";

type Loop =
  | TSESTree.WhileStatement
  | TSESTree.DoWhileStatement
  | TSESTree.ForStatement
  | TSESTree.ForInStatement
  | TSESTree.ForOfStatement;

/** Runs a loop until a round brings no world that was not seen before. */
export function executeLoop(
  machine: Machine,
  node: Loop,
  world: World,
  labels: readonly string[],
): readonly World[] {
  const breaks = ["break", ...labels.map((label) => `break ${label}`)];
  const continues = ["continue", ...labels.map((label) => `continue ${label}`)];
  const exits: World[] = [];
  const { frame } = capture(machine, () => {
    const seen = new Set<string>();
    let round = enter(machine, node, world);
    while (round.length > 0) {
      const fresh = round.filter(({ key }) => !seen.has(key));
      for (const { key } of fresh) seen.add(key);
      round = meet(fresh.flatMap((before) => executeRound(machine, node, before, continues, exits)));
      if (seen.size > maxRoundWorlds) break;
    }
  });
  machine.frame.addAll(frame, breaks);
  return meet([...exits, ...breaks.flatMap((target) => frame.jumps.get(target) ?? [])]);
}

/** A loop that meets more different worlds than this has a state we cannot follow; what was seen must do. */
const maxRoundWorlds = 400;

function enter(machine: Machine, node: Loop, world: World): readonly World[] {
  switch (node.type) {
    case AST_NODE_TYPES.ForStatement:
      if (node.init === null) return [world];
      return node.init.type === AST_NODE_TYPES.VariableDeclaration
        ? machine.execute(node.init, world)
        : machine.evaluate(node.init, world).map((outcome) => outcome.world);
    case AST_NODE_TYPES.ForOfStatement:
      if (node.await) markAwaited(machine, node.right);
      return enterItems(machine, node, world);
    case AST_NODE_TYPES.ForInStatement:
      return machine.evaluate(node.right, world).map((outcome) => outcome.world);
    default:
      return [world];
  }
}

function executeRound(
  machine: Machine,
  node: Loop,
  world: World,
  continues: readonly string[],
  exits: World[],
): readonly World[] {
  const runBody = (worlds: readonly World[]): readonly World[] => {
    const { frame, result } = capture(machine, () =>
      worlds.flatMap((before) => machine.execute(node.body, before)),
    );
    machine.frame.addAll(frame, continues);
    return meet([...result, ...continues.flatMap((target) => frame.jumps.get(target) ?? [])]);
  };
  const decide = (test: Node | null, before: World): readonly World[] => {
    if (test === null) return [before];
    const { whenTrue, whenFalse } = branch(machine, test, before);
    exits.push(...whenFalse);
    return whenTrue;
  };
  switch (node.type) {
    case AST_NODE_TYPES.WhileStatement:
      return runBody(decide(node.test, world));
    case AST_NODE_TYPES.DoWhileStatement:
      return runBody([world]).flatMap((after) => decide(node.test, after));
    case AST_NODE_TYPES.ForStatement: {
      const after = runBody(decide(node.test, world));
      const { update } = node;
      return update === null ? after : after.flatMap((w) => machine.evaluate(update, w).map((o) => o.world));
    }
    case AST_NODE_TYPES.ForOfStatement:
      machine.frame.addThrow(world);
      exits.push(leaveItems(node, world));
      return runBody(bindItem(machine, node, world));
    case AST_NODE_TYPES.ForInStatement:
      exits.push(world);
      return runBody(bindNext(machine, node.left, unknown, world));
  }
}

/** Runs a switch: each case may be the first one entered, and falls through to the next. */
export function executeSwitch(
  machine: Machine,
  node: TSESTree.SwitchStatement,
  world: World,
): readonly World[] {
  const { frame, result } = capture(machine, () => {
    let undecided = machine.evaluate(node.discriminant, world).map((outcome) => outcome.world);
    const entries = new Map<TSESTree.SwitchCase, readonly World[]>();
    for (const one of node.cases) {
      const { test } = one;
      if (test === null) continue;
      undecided = [
        ...meet(undecided.flatMap((before) => machine.evaluate(test, before).map((o) => o.world))),
      ];
      entries.set(
        one,
        undecided.map((before) => before.step(unwrap(test), "taken")),
      );
    }
    const fallback = node.cases.find(({ test }) => test === null);
    if (fallback !== undefined) entries.set(fallback, undecided);
    let falling: readonly World[] = [];
    for (const one of node.cases) {
      falling = meet([...falling, ...(entries.get(one) ?? [])]);
      for (const statement of one.consequent) {
        falling = meet(falling.flatMap((before) => machine.execute(statement, before)));
      }
    }
    return fallback === undefined ? [...falling, ...undecided] : falling;
  });
  machine.frame.addAll(frame, ["break"]);
  return meet([...result, ...(frame.jumps.get("break") ?? [])]);
}
