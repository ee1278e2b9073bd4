import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { readContract, type Contract } from "./contracts.ts";
import type { Machine } from "./machine.ts";
import { cellOf } from "./resolve.ts";
import { parentOf, unwrap, type Node } from "./syntax.ts";
import type { ManagerValue, Value } from "./values.ts";
import { completeManager, type ExportName, type ManagerSpec } from "./vocabulary.ts";
import type { World } from "./world.ts";

/** What a type checker adds, where there is one. It is asked late: at a node that could matter, and only there. */
export interface TypeFacts {
  /** The exports that the type of an expression goes by, its base classes included. */
  namesOf(node: Node): readonly ExportName[];
  /** The JSDoc tags of the function that a call calls, and what its parameters are called. */
  tagsOf(call: Node): {
    readonly tags: readonly { readonly tag: string; readonly argument: string }[];
    readonly parameters: readonly string[];
  };
}

/**
 * A manager that nothing in the file says is one: its type does, or the settings ask to believe the name of the method
 * that is called on a parameter.
 */
export function findManager(
  machine: Machine,
  receiver: Value,
  object: Node,
  method: string | undefined,
): ManagerValue | undefined {
  if (receiver.kind !== "unknown" && receiver.kind !== "global") return undefined;
  const { managers, parameters } = machine.vocabulary;
  if (machine.types === undefined && parameters !== "annotate") return undefined;
  const specs = managers.map(completeManager).filter(({ writes }) => writes.some((name) => name === method));
  if (specs.length === 0) return undefined;
  const origin = originOf(receiver);
  const isBelieved = parameters === "annotate" && origin === "given";
  const spec = specOfType(machine, object, specs) ?? (isBelieved ? specs[0] : undefined);
  return spec === undefined
    ? undefined
    : { kind: "manager", spec, site: siteOf(machine, object), file: undefined, origin };
}

function specOfType(
  machine: Machine,
  object: Node,
  specs: readonly Required<ManagerSpec>[],
): Required<ManagerSpec> | undefined {
  for (const { from, name } of machine.types?.namesOf(object) ?? []) {
    const api = machine.apiOf(from, name);
    const spec = api?.kind === "manager" ? api.spec : undefined;
    if (spec !== undefined && specs.some((one) => one.from === spec.from && one.name === spec.name))
      return spec;
  }
  return undefined;
}

function originOf(receiver: Value): ManagerValue["origin"] {
  const file = receiver.kind === "unknown" ? receiver.file : undefined;
  if (file?.kind !== "path") return "opened";
  if (file.root === "this") return "field";
  return file.given ? "given" : "opened";
}

/** Where the manager came into the function: the parameter, or what its variable was initialised with. */
function siteOf(machine: Machine, object: Node): Node {
  const inner = unwrap(object);
  const root = inner.type === AST_NODE_TYPES.MemberExpression ? unwrap(inner.object) : inner;
  const variable = root.type === AST_NODE_TYPES.Identifier ? machine.scope.variableOf(root) : undefined;
  const [name] = variable?.identifiers ?? [];
  const declarator = name === undefined ? undefined : parentOf(name);
  const init = declarator?.type === AST_NODE_TYPES.VariableDeclarator ? declarator.init : undefined;
  return init ?? name ?? inner;
}

/** `x instanceof SessionManager` makes of an `x` that nothing is known of a manager that was handed in. */
export function narrowByClass(machine: Machine, test: Node, world: World): World {
  if (test.type !== AST_NODE_TYPES.BinaryExpression || test.operator !== "instanceof") return world;
  const left = unwrap(test.left);
  const variable = left.type === AST_NODE_TYPES.Identifier ? machine.scope.variableOf(left) : undefined;
  if (variable === undefined) return world;
  const [known] = machine.evaluate(left, world);
  const [tested] = machine.evaluate(test.right, world);
  const spec =
    tested?.value.kind === "api" && tested.value.api.kind === "manager" ? tested.value.api.spec : undefined;
  if (spec === undefined || known?.value.kind !== "unknown") return world;
  const [site = left] = variable.identifiers;
  return world.bind(cellOf(variable), { kind: "manager", spec, site, file: undefined, origin: "given" });
}

/** What the JSDoc of a function in another file says, as far as types lead there. */
export function contractOfCall(machine: Machine, call: Node): Contract | undefined {
  const found = machine.types?.tagsOf(call);
  if (found === undefined || found.tags.length === 0) return undefined;
  const contract = readContract(found.tags, (name) => {
    const index = found.parameters.indexOf(name);
    return index === -1 ? undefined : { kind: "parameter", index, properties: [] };
  });
  return contract.isAnnotated ? contract : undefined;
}
