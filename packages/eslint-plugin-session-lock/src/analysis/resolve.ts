import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import {
  isClass,
  isFunction,
  parentOf,
  type ClassNode,
  type FunctionNode,
  type Node,
  type Variable,
} from "./syntax.ts";

/** What a name stands for, by scope. */
export type Definition =
  | { readonly kind: "import"; readonly from: string; readonly name: string }
  | { readonly kind: "function"; readonly node: FunctionNode }
  /** Declared without a body. */
  | { readonly kind: "signature"; readonly nodes: readonly TSESTree.TSDeclareFunction[] }
  | { readonly kind: "class"; readonly node: ClassNode }
  | { readonly kind: "type"; readonly node: Node }
  | { readonly kind: "parameter"; readonly node: Node }
  /** Another name for a part of a namespace. */
  | { readonly kind: "alias"; readonly of: TSESTree.EntityName }
  | { readonly kind: "variable" };

/** Finds the variable behind each identifier, and what defined it. Only the variables that somebody asks about are read. */
export class ScopeIndex {
  readonly #manager: TSESLint.Scope.ScopeManager;
  readonly #uses = new Map<Variable, ReadonlySet<Node>>();
  readonly #variables = new Map<Node, Variable | undefined>();
  readonly #locals = new Map<Node, readonly string[]>();
  readonly #through = new Map<Node, readonly Variable[]>();

  constructor(manager: TSESLint.Scope.ScopeManager) {
    this.#manager = manager;
  }

  /** The variable of the identifier; `undefined` for a global that the file does not declare. */
  variableOf(node: Node): Variable | undefined {
    if (!this.#variables.has(node)) this.#variables.set(node, this.#find(node));
    const variable = this.#variables.get(node);
    return variable === undefined || variable.defs.length === 0 ? undefined : variable;
  }

  /** The cells of what ends with a block or function. */
  localsOf(block: Node): readonly string[] {
    const known = this.#locals.get(block);
    if (known !== undefined) return known;
    const locals = this.localVariablesOf(block).map(cellOf);
    this.#locals.set(block, locals);
    return locals;
  }

  /** All variables of a function, its blocks included. */
  variablesIn(owner: Node): readonly Variable[] {
    const collect = (scope: TSESLint.Scope.Scope): readonly Variable[] => [
      ...scope.variables,
      ...scope.childScopes.filter((inner) => inner.variableScope === scope.variableScope).flatMap(collect),
    ];
    return this.#scopesOf(owner).slice(-1).flatMap(collect);
  }

  /** The variables that end with a block or function: those that no inner function keeps. */
  localVariablesOf(block: Node): readonly Variable[] {
    return this.#scopesOf(block).flatMap(({ variables }) => variables.filter(isLocal));
  }

  /** The name of a class for the code inside it, which is another variable than the one outside. */
  innerNameOf(node: ClassNode): Variable | undefined {
    const variables = this.#scopesOf(node).flatMap((scope) => scope.variables);
    return variables.find(({ defs }) => defs.some((definition) => definition.node === node));
  }

  /** The outer variables that the function's code uses. */
  capturedBy(node: FunctionNode): readonly Variable[] {
    const known = this.#through.get(node);
    if (known !== undefined) return known;
    const through = this.#scopesOf(node).at(-1)?.through ?? [];
    const captured = through.flatMap(({ resolved }) => (resolved === null ? [] : [resolved]));
    this.#through.set(node, captured);
    return captured;
  }

  /** The innermost scope that has a variable of that name has it, unless the name is no use of it: a property's. */
  #find(node: Node): Variable | undefined {
    if (!("name" in node) || typeof node.name !== "string") return undefined;
    // Where a class is declared, its name stands for the variable that other code sees.
    const parent = parentOf(node);
    const isDeclared = parent?.type === AST_NODE_TYPES.ClassDeclaration && parent.id === node;
    let scope = this.#scopeAround(isDeclared ? parentOf(parent) : node);
    for (; scope !== null; scope = scope.upper) {
      const variable = scope.set.get(node.name);
      if (variable !== undefined && this.#usesOf(variable).has(node)) return variable;
    }
    return undefined;
  }

  #scopeAround(node: Node | undefined): TSESLint.Scope.Scope | null {
    for (let outer = node; outer !== undefined; outer = parentOf(outer)) {
      const scope = scopeless.has(outer.type) ? null : this.#manager.acquire(outer, true);
      if (scope !== null) return scope;
    }
    return null;
  }

  #usesOf(variable: Variable): ReadonlySet<Node> {
    const known = this.#uses.get(variable);
    if (known !== undefined) return known;
    const uses = new Set<Node>(variable.identifiers);
    variable.references.forEach(({ identifier }) => uses.add(identifier));
    this.#uses.set(variable, uses);
    return uses;
  }

  /** The scopes of a node, the outermost first; most nodes have none. A whole file's are never gone through. */
  #scopesOf(block: Node): readonly TSESLint.Scope.Scope[] {
    const scopes: TSESLint.Scope.Scope[] = [];
    let scope = this.#manager.acquire(block, true);
    for (; scope !== null && scope.block === block; scope = scope.upper) scopes.unshift(scope);
    return scopes;
  }
}

/** True for a variable that no function inside its own uses. */
export function isLocal({ references, scope }: Variable): boolean {
  return references.every(({ from }) => from.variableScope === scope.variableScope);
}

/** The most frequent nodes that never have a scope of their own: to ask costs more than to know. */
const scopeless: ReadonlySet<AST_NODE_TYPES> = new Set([
  AST_NODE_TYPES.AwaitExpression,
  AST_NODE_TYPES.CallExpression,
  AST_NODE_TYPES.ChainExpression,
  AST_NODE_TYPES.ExpressionStatement,
  AST_NODE_TYPES.Identifier,
  AST_NODE_TYPES.IfStatement,
  AST_NODE_TYPES.MemberExpression,
  AST_NODE_TYPES.ObjectExpression,
  AST_NODE_TYPES.Property,
  AST_NODE_TYPES.VariableDeclaration,
  AST_NODE_TYPES.VariableDeclarator,
]);

/** A text that is made once is found faster than one that is made anew. */
const cells = new WeakMap<Variable, string>();

export function cellOf(variable: Variable): string {
  const known = cells.get(variable);
  if (known !== undefined) return known;
  const [first] = variable.identifiers;
  const cell = `${variable.name}@${first?.range[0] ?? 0}`;
  cells.set(variable, cell);
  return cell;
}

/** True if some code other than its declaration writes the variable. */
export function isReassigned(variable: Variable): boolean {
  return variable.references.some((reference) => reference.isWrite() && reference.init !== true);
}

/** Constants are replaced by constants this often; they may name each other in a circle. */
const maxConstants = 3;

/** The text that a constant is defined as. `depth`: how many constants were followed to get here. */
export function textOfConstant(scope: ScopeIndex, node: Node, depth: number): Node | undefined {
  if (depth >= maxConstants) return undefined;
  const variable = scope.variableOf(node);
  const [definition, ...others] = variable?.defs ?? [];
  if (variable === undefined || others.length > 0 || isReassigned(variable)) return undefined;
  if (definition?.node.type !== AST_NODE_TYPES.VariableDeclarator || definition.node.id !== definition.name)
    return undefined;
  const { init } = definition.node;
  return init !== null && texts.has(init.type) ? init : undefined;
}

const texts: ReadonlySet<AST_NODE_TYPES> = new Set([
  AST_NODE_TYPES.BinaryExpression,
  AST_NODE_TYPES.Literal,
  AST_NODE_TYPES.TemplateLiteral,
]);

const definitions = new WeakMap<Variable, Definition>();

export function definitionOf(variable: Variable): Definition {
  const known = definitions.get(variable);
  if (known !== undefined) return known;
  const definition = findDefinition(variable);
  definitions.set(variable, definition);
  return definition;
}

function findDefinition(variable: Variable): Definition {
  const [first, ...others] = variable.defs;
  if (first === undefined) return { kind: "variable" };
  const definition = others.length === 0 ? first : implementationAmong(variable.defs);
  if (definition === undefined) return { kind: "variable" };
  const { node, name } = definition;
  if (node.type === AST_NODE_TYPES.TSDeclareFunction)
    return {
      kind: "signature",
      nodes: variable.defs.flatMap((one) => (isDeclared(one.node) ? one.node : [])),
    };
  if (node.type === AST_NODE_TYPES.ImportSpecifier || node.type === AST_NODE_TYPES.ImportDefaultSpecifier) {
    return importOf(node, node.parent);
  }
  if (node.type === AST_NODE_TYPES.ImportNamespaceSpecifier) return importOf(node, node.parent);
  if (node.type === AST_NODE_TYPES.TSImportEqualsDeclaration) return requiredBy(node);
  if (
    node.type === AST_NODE_TYPES.TSInterfaceDeclaration ||
    node.type === AST_NODE_TYPES.TSTypeAliasDeclaration ||
    node.type === AST_NODE_TYPES.TSTypeParameter
  )
    return { kind: "type", node };
  const isOwnName = "id" in node && node.id === name;
  if (isFunction(node)) return isOwnName ? { kind: "function", node } : { kind: "parameter", node: name };
  if (isClass(node)) return { kind: "class", node };
  return { kind: "variable" };
}

/** Of the overloads of a function, the one that has a body, or the first if none has. */
function implementationAmong(definitions: Variable["defs"]): Variable["defs"][number] | undefined {
  const [implementation, ...others] = definitions.filter(({ node }) => !isDeclared(node));
  if (implementation === undefined) return definitions[0];
  const isOverloaded = others.length === 0 && implementation.node.type === AST_NODE_TYPES.FunctionDeclaration;
  return isOverloaded ? implementation : undefined;
}

function isDeclared(node: Node): node is TSESTree.TSDeclareFunction {
  return node.type === AST_NODE_TYPES.TSDeclareFunction;
}

/** `import name = require("…")`, `import name = a.b`. */
function requiredBy({ moduleReference }: TSESTree.TSImportEqualsDeclaration): Definition {
  if (moduleReference.type !== AST_NODE_TYPES.TSExternalModuleReference)
    return { kind: "alias", of: moduleReference };
  return { kind: "import", from: moduleReference.expression.value, name: "*" };
}

function importOf(node: TSESTree.ImportClause, parent: Node): Definition {
  if (parent.type !== AST_NODE_TYPES.ImportDeclaration) return { kind: "variable" };
  const from = parent.source.value;
  if (node.type === AST_NODE_TYPES.ImportNamespaceSpecifier) return { kind: "import", from, name: "*" };
  if (node.type === AST_NODE_TYPES.ImportDefaultSpecifier) return { kind: "import", from, name: "default" };
  const { imported } = node;
  return {
    kind: "import",
    from,
    name: imported.type === AST_NODE_TYPES.Identifier ? imported.name : imported.value,
  };
}
