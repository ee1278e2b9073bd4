import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import type { Contract } from "./contracts.ts";
import type { FileRef } from "./file-ref.ts";
import type { Machine } from "./machine.ts";
import { definitionOf } from "./resolve.ts";
import { contractsOfMembers } from "./inherited-contracts.ts";
import type { Signature } from "./signatures.ts";
import { staticName, type FunctionNode, type Node } from "./syntax.ts";
import type { ManagerValue, Value } from "./values.ts";
import type { Api } from "./vocabulary.ts";

/** The types of the file that are being read, one inside another, and how many more may be. */
interface Reading {
  readonly inside: Set<Node>;
  left: number;
}

/** Types that name each other have more ways through them than anybody writes down. */
const maxTypes = 100;

/**
 * What a written type says of a value nobody saw being made: a manager, a lock, or an object that carries one.
 * Only annotations are read, no type information is asked for.
 */
export function typedValue(
  machine: Machine,
  annotation: TSESTree.TSTypeAnnotation | undefined,
  site: Node,
  origin: ManagerValue["origin"],
  file?: FileRef,
  reading?: Reading,
): Value | undefined {
  // Some parsers say null where others say nothing.
  const type = annotation?.typeAnnotation;
  return type === undefined ? undefined : readType(machine, type, site, origin, file, reading);
}

export function readType(
  machine: Machine,
  type: TSESTree.TypeNode,
  site: Node,
  origin: ManagerValue["origin"],
  file: FileRef | undefined,
  reading: Reading = { inside: new Set(), left: maxTypes },
): Value | undefined {
  switch (type.type) {
    case AST_NODE_TYPES.TSTypeReference:
      return readReference(machine, type, site, origin, file, reading);
    case AST_NODE_TYPES.TSUnionType:
    case AST_NODE_TYPES.TSIntersectionType:
      return first(type.types, (part) => readType(machine, part, site, origin, file, reading));
    case AST_NODE_TYPES.TSTypeOperator:
      return type.typeAnnotation === undefined
        ? undefined
        : readType(machine, type.typeAnnotation, site, origin, file, reading);
    case AST_NODE_TYPES.TSArrayType:
      return listOf(readType(machine, type.elementType, site, origin, undefined, reading));
    case AST_NODE_TYPES.TSTypeLiteral:
      return readMembers(machine, type.members, origin, file, reading);
    case AST_NODE_TYPES.TSImportType: {
      const { source, qualifier } = type;
      if (qualifier?.type !== AST_NODE_TYPES.Identifier) return undefined;
      return fromApi(machine.apiOf(source.value, qualifier.name), site, origin);
    }
    default:
      return undefined;
  }
}

function readReference(
  machine: Machine,
  type: TSESTree.TSTypeReference,
  site: Node,
  origin: ManagerValue["origin"],
  file: FileRef | undefined,
  reading: Reading,
): Value | undefined {
  const { typeName } = type;
  if (typeName.type === AST_NODE_TYPES.TSQualifiedName) {
    const { left, right } = typeName;
    const module = left.type === AST_NODE_TYPES.Identifier ? machine.scope.variableOf(left) : undefined;
    const definition = module === undefined ? undefined : definitionOf(module);
    if (definition?.kind !== "import") return undefined;
    return fromApi(machine.apiOf(definition.from, right.name), site, origin);
  }
  if (typeName.type !== AST_NODE_TYPES.Identifier) return undefined;
  const variable = machine.scope.variableOf(typeName);
  if (variable === undefined) return readUtility(machine, type, typeName.name, site, origin, file, reading);
  const definition = definitionOf(variable);
  if (definition.kind === "import")
    return fromApi(machine.apiOf(definition.from, definition.name), site, origin);
  if (definition.kind === "class") return objectOf(methodsOf(machine, definition.node.body.body), file);
  if (definition.kind !== "type") return undefined;
  const { node } = definition;
  // What a type says of itself once more inside itself, it has said already.
  if (reading.inside.has(node) || reading.left === 0) return undefined;
  reading.left -= 1;
  reading.inside.add(node);
  const value = readDeclared(machine, node, site, origin, file, reading);
  reading.inside.delete(node);
  return value;
}

function readDeclared(
  machine: Machine,
  node: Node,
  site: Node,
  origin: ManagerValue["origin"],
  file: FileRef | undefined,
  reading: Reading,
): Value | undefined {
  if (node.type === AST_NODE_TYPES.TSTypeParameter)
    return node.constraint && readType(machine, node.constraint, site, origin, file, reading);
  if (node.type === AST_NODE_TYPES.TSInterfaceDeclaration)
    return (
      first(node.extends, ({ expression }) => readSuperclass(machine, expression, site, origin)) ??
      readMembers(machine, node.body.body, origin, file, reading)
    );
  if (node.type === AST_NODE_TYPES.TSTypeAliasDeclaration)
    return (
      contractValue(machine.contractOfSignatures([node])) ??
      readType(machine, node.typeAnnotation, site, origin, file, reading)
    );
  return undefined;
}

/** What an interface extends may be the class of a manager. */
function readSuperclass(
  machine: Machine,
  name: Node,
  site: Node,
  origin: ManagerValue["origin"],
): Value | undefined {
  const variable = machine.scope.variableOf(name);
  const definition = variable === undefined ? undefined : definitionOf(variable);
  if (definition?.kind !== "import") return undefined;
  const value = fromApi(machine.apiOf(definition.from, definition.name), site, origin);
  return value?.kind === "manager" ? value : undefined;
}

/** `Readonly<T>`, `Pick<T, …>` and others that keep what T is; `Promise<T>` and `Array<T>`; `ReturnType<typeof M.open>`, `InstanceType<typeof M>`. */
function readUtility(
  machine: Machine,
  type: TSESTree.TSTypeReference,
  name: string,
  site: Node,
  origin: ManagerValue["origin"],
  file: FileRef | undefined,
  reading: Reading,
): Value | undefined {
  const argument = type.typeArguments?.params[0];
  if (argument === undefined) return undefined;
  if (["Readonly", "Pick", "Omit", "Required", "Partial", "NonNullable"].includes(name)) {
    return readType(machine, argument, site, origin, file, reading);
  }
  if (["Promise", "Array", "ReadonlyArray"].includes(name)) {
    const result = readType(machine, argument, site, origin, undefined, reading);
    if (name !== "Promise") return listOf(result);
    // Whether somebody holds a lock that is to come is not said.
    if (result === undefined || result.kind === "lock") return undefined;
    return { kind: "promise", result, work: [], isCertain: true };
  }
  if (argument.type !== AST_NODE_TYPES.TSTypeQuery || (name !== "ReturnType" && name !== "InstanceType"))
    return undefined;
  const { exprName } = argument;
  const root = exprName.type === AST_NODE_TYPES.TSQualifiedName ? exprName.left : exprName;
  const variable = root.type === AST_NODE_TYPES.Identifier ? machine.scope.variableOf(root) : undefined;
  const definition = variable === undefined ? undefined : definitionOf(variable);
  if (definition?.kind !== "import") return undefined;
  return fromApi(machine.apiOf(definition.from, definition.name), site, origin);
}

/** A list of what all its items are; of a list of locks it is not said which are held. */
function listOf(item: Value | undefined): Value | undefined {
  return item === undefined || item.kind === "lock" ? undefined : { kind: "list", items: [item] };
}

function readMembers(
  machine: Machine,
  members: readonly TSESTree.TypeElement[],
  origin: ManagerValue["origin"],
  file: FileRef | undefined,
  reading: Reading,
): Value | undefined {
  const fields = methodsOf(machine, members);
  for (const member of members) {
    if (member.type !== AST_NODE_TYPES.TSPropertySignature) continue;
    const name = staticName(member.key, member.computed);
    const value = typedValue(machine, member.typeAnnotation, member, origin, undefined, reading);
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  return objectOf(fields, file);
}

function objectOf(fields: ReadonlyMap<string, Value>, file: FileRef | undefined): Value | undefined {
  if (fields.size === 0) return undefined;
  return file === undefined ? { kind: "object", fields } : { kind: "object", fields, file };
}

/** The methods of an interface or a class that say something of the lock. */
function methodsOf(machine: Machine, members: Parameters<typeof contractsOfMembers>[1]): Map<string, Value> {
  const contracts = {
    of: (node: FunctionNode) => machine.contractOf(node),
    ofSignatures: (nodes: readonly Signature[]) => machine.contractOfSignatures(nodes),
  };
  return valuesOf(contractsOfMembers(contracts, members));
}

function valuesOf(contracts: Iterable<readonly [string, Contract]>): Map<string, Value> {
  return new Map(
    [...contracts].flatMap(([name, contract]) => {
      const value = contractValue(contract);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** A function of which nothing is known but what its declaration says. */
export function contractValue(contract: Contract | undefined): Value | undefined {
  if (contract?.isAnnotated !== true) return undefined;
  return {
    kind: "api",
    api: { kind: "contract", spec: { from: "", name: JSON.stringify(contract), contract } },
  };
}

function fromApi(api: Api | undefined, site: Node, origin: ManagerValue["origin"]): Value | undefined {
  if (api?.kind === "manager") return { kind: "manager", spec: api.spec, site, file: undefined, origin };
  if (api?.kind === "mutex") return { kind: "mutex", site, spec: api.spec };
  if (api?.kind === "contract") {
    const { contract } = api.spec;
    if (contract.members === undefined) return undefined;
    return objectOf(valuesOf(Object.entries(contract.members)), undefined) ?? { kind: "api", api };
  }
  if (api?.kind === "lock-type") return { kind: "lock", spec: api.spec, site, file: undefined };
  return undefined;
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
