import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { Contract, Contracts } from "./contracts.ts";
import { classOf, isStatic } from "./reachable.ts";
import type { Machine } from "./machine.ts";
import { definitionOf, type Definition, type ScopeIndex } from "./resolve.ts";
import { membersOfType, namedMembers, typesOf } from "./signatures.ts";
import { isField, isFunction, staticName, type FunctionNode } from "./syntax.ts";

/** Reads what a function says of itself; a method that says nothing does what the types of its class say. */
export function contractsWithTypes(
  contracts: Contracts,
  scope: ScopeIndex,
  apiOf: Machine["apiOf"],
): (node: FunctionNode) => Contract {
  const inherited = new Map<FunctionNode, Contract>();
  return (node) => {
    const own = contracts.of(node);
    if (own.isAnnotated || own.isSkipped || classOf(node) === undefined) return own;
    let contract = inherited.get(node);
    if (contract === undefined)
      inherited.set(node, (contract = findInherited(contracts, scope, apiOf, node) ?? own));
    return contract;
  };
}

function findInherited(
  contracts: Contracts,
  scope: ScopeIndex,
  apiOf: Machine["apiOf"],
  node: FunctionNode,
): Contract | undefined {
  const owner = classOf(node);
  const { parent } = node;
  const isMember = parent.type === AST_NODE_TYPES.MethodDefinition || isField(parent);
  const name = isMember ? staticName(parent.key, parent.computed) : undefined;
  if (owner === undefined || isStatic(node) || name === undefined) return undefined;
  for (const type of typesOf(owner)) {
    const variable = scope.variableOf(type);
    const definition = variable === undefined ? undefined : definitionOf(variable);
    const api = definition?.kind === "import" ? apiOf(definition.from, definition.name) : undefined;
    const contract =
      api?.kind === "contract"
        ? api.spec.contract.members?.[name]
        : contractsOfMembers(contracts, membersOf(definition)).get(name);
    if (contract !== undefined) return contract;
  }
  return undefined;
}

/** What the members of a type or class say, by their names. */
export function contractsOfMembers(
  contracts: Pick<Contracts, "of" | "ofSignatures">,
  members: Parameters<typeof namedMembers>[0],
): ReadonlyMap<string, Contract> {
  const found = new Map<string, Contract>();
  for (const { name, node } of namedMembers(members)) {
    const contract = isFunction(node) ? contracts.of(node) : contracts.ofSignatures([node]);
    if (contract?.isAnnotated === true && !found.has(name)) found.set(name, contract);
  }
  return found;
}

function membersOf(definition: Definition | undefined): Parameters<typeof namedMembers>[0] {
  if (definition?.kind === "class") return definition.node.body.body;
  return definition?.kind === "type" ? membersOfType(definition.node) : [];
}
