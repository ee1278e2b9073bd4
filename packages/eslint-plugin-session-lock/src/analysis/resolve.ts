import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import {
  isClass,
  isFunction,
  type ClassNode,
  type FunctionNode,
  type Node,
  type Variable,
} from "./syntax.ts";

/** What a name stands for, by scope. */
export type Definition =
  | { readonly kind: "import"; readonly from: string; readonly name: string }
  | { readonly kind: "function"; readonly node: FunctionNode }
  | { readonly kind: "class"; readonly node: ClassNode }
  | { readonly kind: "type"; readonly node: Node }
  | { readonly kind: "parameter"; readonly node: Node }
  | { readonly kind: "variable" };

/** Finds the variable behind each identifier, and what defined it. */
export class ScopeIndex {
  readonly #variables = new Map<Node, Variable>();
  readonly #through = new Map<Node, readonly Variable[]>();
  readonly #locals = new Map<Node, string[]>();

  constructor(manager: TSESLint.Scope.ScopeManager) {
    for (const scope of manager.scopes) {
      for (const variable of scope.variables) {
        for (const identifier of variable.identifiers) this.#variables.set(identifier, variable);
      }
      for (const reference of scope.references) {
        if (reference.resolved !== null) this.#variables.set(reference.identifier, reference.resolved);
      }
      this.#addLocals(scope);
      if (isFunction(scope.block)) {
        const used = scope.through.flatMap(({ resolved }) => (resolved === null ? [] : [resolved]));
        this.#through.set(scope.block, used);
      }
    }
  }

  /** The variable of the identifier; `undefined` for a global that the file does not declare. */
  variableOf(node: Node): Variable | undefined {
    const variable = this.#variables.get(node);
    return variable === undefined || variable.defs.length === 0 ? undefined : variable;
  }

  /** The variables that end with a block or function: those that no inner function keeps. */
  localsOf(block: Node): readonly string[] {
    return this.#locals.get(block) ?? [];
  }

  #addLocals(scope: TSESLint.Scope.Scope): void {
    const cells = scope.variables
      .filter(({ references }) => references.every(({ from }) => from.variableScope === scope.variableScope))
      .map(cellOf);
    if (cells.length > 0) this.#locals.set(scope.block, [...(this.#locals.get(scope.block) ?? []), ...cells]);
  }

  /** The outer variables that the function's code uses. */
  capturedBy(node: FunctionNode): readonly Variable[] {
    return this.#through.get(node) ?? [];
  }
}

export function cellOf(variable: Variable): string {
  const [first] = variable.identifiers;
  return `${variable.name}@${first?.range[0] ?? 0}`;
}

/** True if some code other than its declaration writes the variable. */
export function isReassigned(variable: Variable): boolean {
  return variable.references.some((reference) => reference.isWrite() && reference.init !== true);
}

export function definitionOf(variable: Variable): Definition {
  const [definition] = variable.defs;
  if (definition === undefined || variable.defs.length > 1) return { kind: "variable" };
  const { node, name } = definition;
  if (node.type === AST_NODE_TYPES.ImportSpecifier || node.type === AST_NODE_TYPES.ImportDefaultSpecifier) {
    return importOf(node, node.parent);
  }
  if (node.type === AST_NODE_TYPES.ImportNamespaceSpecifier) return importOf(node, node.parent);
  if (
    node.type === AST_NODE_TYPES.TSInterfaceDeclaration ||
    node.type === AST_NODE_TYPES.TSTypeAliasDeclaration
  )
    return { kind: "type", node };
  const isOwnName = "id" in node && node.id === name;
  if (isFunction(node)) return isOwnName ? { kind: "function", node } : { kind: "parameter", node: name };
  if (isClass(node)) return { kind: "class", node };
  return { kind: "variable" };
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
