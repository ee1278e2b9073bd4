import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import type { Contract } from "./contracts.ts";
import type { Facts } from "./facts.ts";
import { parametersOf } from "./parameters.ts";
import { cellOf, definitionOf, type ScopeIndex } from "./resolve.ts";
import { isFunction, isIn, staticName, type ClassNode, type FunctionNode } from "./syntax.ts";
import { completeManager, type Api, type ManagerSpec } from "./vocabulary.ts";

/** What is asked of the file that a class stands in. */
export interface ClassSurroundings {
  readonly scope: ScopeIndex;
  readonly facts: Facts;
  readonly apiOf: (from: string, name: string) => Api | undefined;
  readonly contractOf: (node: FunctionNode) => Contract;
}

/**
 * A class as other files meet it: a session manager of its own, if it is derived from one or has methods that write what
 * its instances hold. A method that opens and writes answers for itself.
 */
export function inferManager(
  node: ClassNode,
  around: ClassSurroundings,
): Omit<ManagerSpec, "from" | "name"> | undefined {
  const base = baseOf(node, around);
  const methods = node.body.body.flatMap((member) => readMethod(member) ?? []);
  const writing = methods.filter((method) => !method.isStatic && needsLock(method, node, around));
  const inherited = (base?.writes ?? []).filter((name) => methods.every((method) => method.name !== name));
  if (base === undefined && writing.length === 0) return undefined;
  const { open, fresh, memory, openIsWrite, snapshot } = base ?? {
    ...completeManager({ from: "", name: "" }),
    open: [],
    fresh: [],
    memory: [],
    snapshot: false,
  };
  const openers = methods.filter(
    ({ isStatic, body }) => isStatic && makesInstances(body, node, around.facts),
  );
  return {
    open: [
      ...open,
      ...openers.map(({ name }) => name),
      ...(opensFirst(node, writing, around) ? ["new"] : []),
    ],
    fresh,
    memory,
    writes: [...inherited, ...writing.map(({ name }) => name)],
    openIsWrite,
    snapshot: snapshot || writing.some((method) => isSnapshot(method, around)),
  };
}

interface Method {
  readonly name: string;
  readonly body: FunctionNode;
  readonly isStatic: boolean;
}

/** A member that other files can call. */
function readMethod(member: TSESTree.ClassElement): Method | undefined {
  const isMethod = member.type === AST_NODE_TYPES.MethodDefinition && member.kind === "method";
  if (!isMethod && member.type !== AST_NODE_TYPES.PropertyDefinition) return undefined;
  const { value, accessibility = "public", key, computed } = member;
  const name = staticName(key, computed);
  if (value === null || !isFunction(value) || name === undefined) return undefined;
  if (accessibility !== "public" || key.type === AST_NODE_TYPES.PrivateIdentifier) return undefined;
  return { name, body: value, isStatic: member.static };
}

function baseOf(
  { superClass }: ClassNode,
  { scope, apiOf }: ClassSurroundings,
): Required<ManagerSpec> | undefined {
  const variable = superClass?.type === AST_NODE_TYPES.Identifier ? scope.variableOf(superClass) : undefined;
  const definition = variable === undefined ? undefined : definitionOf(variable);
  const api = definition?.kind === "import" ? apiOf(definition.from, definition.name) : undefined;
  return api?.kind === "manager" ? api.spec : undefined;
}

function needsLock({ body }: Method, node: ClassNode, { facts, contractOf }: ClassSurroundings): boolean {
  const { requires, isAnnotated } = contractOf(body);
  if (isAnnotated || requires !== undefined) return requires !== undefined;
  return facts.refusalsIn(body).some(({ manager: { site } }) => isIn(site, node) && !isIn(site, body));
}

function isSnapshot({ body }: Method, { facts }: ClassSurroundings): boolean {
  return facts
    .writesIn(body)
    .some(({ manager: { site, spec, origin } }) => origin === "opened" && spec.snapshot && !isIn(site, body));
}

function makesInstances(body: FunctionNode, node: ClassNode, facts: Facts): boolean {
  const ends = facts.endsOf(body);
  return (
    ends.length > 0 &&
    ends.every(
      ({ value }) =>
        (value.kind === "instance" && value.node === node) ||
        (value.kind === "manager" && value.subclass === node),
    )
  );
}

/** True if the constructor's first argument is the file that the methods write. */
function opensFirst(
  node: ClassNode,
  methods: readonly Method[],
  { scope, facts }: ClassSurroundings,
): boolean {
  const constructor = node.body.body.find(
    (member) => member.type === AST_NODE_TYPES.MethodDefinition && member.kind === "constructor",
  );
  const body = constructor !== undefined && "value" in constructor ? constructor.value : undefined;
  if (body === null || body === undefined || !isFunction(body)) return false;
  const first = parametersOf(body).find(({ place }) => place.index === 0 && place.properties.length === 0);
  const variable = first === undefined ? undefined : scope.variableOf(first.name);
  if (variable === undefined) return false;
  return methods.some((method) =>
    facts
      .writesIn(method.body)
      .some(
        ({ manager: { file } }) =>
          file?.kind === "path" && file.properties.length === 0 && file.root === cellOf(variable),
      ),
  );
}
