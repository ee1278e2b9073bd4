import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { readAnnotations } from "./annotations.ts";
import type { SourceFile } from "./analyze.ts";
import { Contracts, type Contract } from "./contracts.ts";
import { definitionOf, ScopeIndex } from "./resolve.ts";
import { isFunction, unwrap, type FunctionNode, type Node } from "./syntax.ts";
import type { ExportName } from "./vocabulary.ts";

/** What other files get from a module, as far as locks are concerned. */
export interface ModuleExports {
  /** Functions that say what they do to the lock. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /** Exports of other modules, by the name they have here. Module names are resolved. */
  readonly handedOn: ReadonlyMap<string, ExportName>;
  /** Modules all of whose exports are handed on. */
  readonly all: readonly string[];
}

/** Reads the exports of a file. */
export function readExports(
  file: Pick<SourceFile, "ast" | "text" | "comments" | "scopeManager" | "resolveImport">,
  lockedSuffix: string,
): ModuleExports {
  const scope = new ScopeIndex(file.scopeManager);
  const known = new Contracts(readAnnotations(file.text, file.comments), lockedSuffix);
  const contracts = new Map<string, Contract>();
  const handedOn = new Map<string, ExportName>();
  const all: string[] = [];
  if (file.ast.type !== AST_NODE_TYPES.Program) return { contracts, handedOn, all };
  for (const statement of file.ast.body) {
    switch (statement.type) {
      case AST_NODE_TYPES.ExportAllDeclaration:
        if (statement.exported === null) all.push(file.resolveImport(statement.source.value));
        break;
      case AST_NODE_TYPES.ExportDefaultDeclaration:
        add("default", statement.declaration);
        break;
      case AST_NODE_TYPES.ExportNamedDeclaration: {
        const { declaration, source } = statement;
        if (declaration !== null) for (const [name, node] of declared(declaration)) add(name, node);
        for (const { local, exported } of statement.specifiers) {
          if (source === null) add(nameIn(exported), local);
          else
            handedOn.set(nameIn(exported), { from: file.resolveImport(source.value), name: nameIn(local) });
        }
        break;
      }
      default: // it exports nothing
    }
  }
  return { contracts, handedOn, all };

  function add(name: string, node: Node): void {
    const value = unwrap(node);
    if (isFunction(value)) addFunction(name, value);
    if (value.type !== AST_NODE_TYPES.Identifier) return;
    const variable = scope.variableOf(value);
    if (variable === undefined) return;
    const definition = definitionOf(variable);
    if (definition.kind === "function") addFunction(name, definition.node);
    if (definition.kind === "import") {
      handedOn.set(name, { from: file.resolveImport(definition.from), name: definition.name });
    }
    const [first] = variable.defs;
    const init = first?.node.type === AST_NODE_TYPES.VariableDeclarator ? first.node.init : null;
    if (init !== null && isFunction(unwrap(init))) add(name, init);
  }

  function addFunction(name: string, node: FunctionNode): void {
    const contract = known.of(node);
    if (contract.isAnnotated || contract.requires !== undefined) {
      contracts.set(name, { ...contract, isAnnotated: true });
    }
  }
}

function declared(declaration: Node): readonly (readonly [string, Node])[] {
  if (declaration.type === AST_NODE_TYPES.FunctionDeclaration && declaration.id !== null) {
    return [[declaration.id.name, declaration]];
  }
  if (declaration.type !== AST_NODE_TYPES.VariableDeclaration) return [];
  return declaration.declarations.flatMap(({ id, init }) =>
    id.type === AST_NODE_TYPES.Identifier && init !== null ? [[id.name, init] as const] : [],
  );
}

function nameIn(node: { readonly type: string; readonly name?: string; readonly value?: string }): string {
  return node.name ?? node.value ?? "";
}
