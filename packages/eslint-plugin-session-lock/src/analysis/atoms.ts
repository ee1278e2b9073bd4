import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { variableFile } from "./files.ts";
import type { Machine } from "./machine.ts";
import { readName } from "./members.ts";
import { cellOf, definitionOf } from "./resolve.ts";
import { contractValue, typedValue } from "./typed.ts";
import type { FunctionNode, Node, Variable } from "./syntax.ts";
import { nullish, unknown, type Value } from "./values.ts";
import type { World } from "./world.ts";

/** What a literal is. */
export function literalValue(node: TSESTree.Literal): Value {
  if (node.value === null && node.raw === "null") return nullish;
  if (typeof node.value === "boolean") return { kind: "boolean", value: node.value };
  if (typeof node.value === "string") return { kind: "unknown", file: { kind: "text", parts: [node.value] } };
  return { kind: "unknown", file: { kind: "text", parts: [node.raw] } };
}

/** A function where it is written; an arrow keeps the `this` around it. */
export function functionValue(machine: Machine, node: Extract<Value, { kind: "function" }>["node"]): Value {
  const { self } = machine.activation;
  machine.created.add(node);
  const isIdle = isIdleFunction(machine, node);
  if (node.type !== AST_NODE_TYPES.ArrowFunctionExpression || self === undefined)
    return { kind: "function", node, isIdle };
  return { kind: "function", node, self, isIdle };
}

/** A function that is not entered where it is called, and of which no annotation says anything. */
export function isIdleFunction(machine: Machine, node: FunctionNode): boolean {
  return !machine.isRelevant(node) && !machine.contractOf(node).isAnnotated;
}

/** What a name stands for in one world: what was assigned to it, else what defined it, else what its type says. */
export function readVariable(machine: Machine, node: TSESTree.Identifier, world: World): Value {
  const variable = machine.scope.variableOf(node);
  if (variable === undefined)
    return node.name === "undefined" ? nullish : { kind: "global", name: node.name };
  const bound = world.bindings.get(cellOf(variable));
  if (bound !== undefined) return bound;
  const known = machine.unbound.get(variable);
  if (known !== undefined) return known;
  const value = readDefinition(machine, variable, node, world);
  machine.unbound.set(variable, value);
  return value;
}

function readDefinition(machine: Machine, variable: Variable, node: Node, world: World): Value {
  const definition = definitionOf(variable);
  switch (definition.kind) {
    case "import": {
      const api = machine.apiOf(definition.from, definition.name);
      if (api !== undefined) return { kind: "api", api };
      if (definition.name === "promises" && /^(node:)?fs$/.test(definition.from)) {
        return { kind: "module", from: "node:fs/promises" };
      }
      if (definition.name === "*" || definition.name === "default")
        return { kind: "module", from: definition.from };
      return { kind: "global", name: `${definition.from}:${definition.name}` };
    }
    case "function":
      return { kind: "function", node: definition.node, isIdle: isIdleFunction(machine, definition.node) };
    case "class":
      return { kind: "class", node: definition.node };
    case "alias":
      return readName(machine, definition.of, world);
    case "signature":
      return contractValue(machine.contractOfSignatures(definition.nodes)) ?? unknown;
    default: {
      const [name] = variable.identifiers;
      const annotation = name?.type === AST_NODE_TYPES.Identifier ? name.typeAnnotation : undefined;
      const file = variableFile(variable);
      const typed = typedValue(machine, annotation, name ?? node, "given", file);
      return typed ?? (file === undefined ? unknown : { kind: "unknown", file });
    }
  }
}
