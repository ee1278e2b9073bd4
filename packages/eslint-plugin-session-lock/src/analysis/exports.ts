import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { SourceFile } from "./analyze.ts";
import { definitionOf, type ScopeIndex } from "./resolve.ts";
import type { Signature } from "./signatures.ts";
import { isClass, isFunction, unwrap, type ClassNode, type FunctionNode, type Node } from "./syntax.ts";
import type { ExportName } from "./vocabulary.ts";

/** What a module exports. */
export interface ExportedCode {
  /** The code behind the names. */
  readonly functions: ReadonlyMap<string, FunctionNode>;
  readonly classes: ReadonlyMap<string, ClassNode>;
  /** Functions without a body. */
  readonly signatures: ReadonlyMap<string, readonly Signature[]>;
  readonly types: ReadonlyMap<string, Node>;
  /** Exports of other modules, by the name they have here. Module names are resolved. */
  readonly handedOn: ReadonlyMap<string, ExportName>;
  /** Modules all of whose exports are handed on. */
  readonly all: readonly string[];
  /** Every module that is imported. */
  readonly imports: ReadonlySet<string>;
}

/** Reads the exports of a file. */
export function readExports(
  file: Pick<SourceFile, "ast" | "resolveImport">,
  scope: ScopeIndex,
): ExportedCode {
  const functions = new Map<string, FunctionNode>();
  const classes = new Map<string, ClassNode>();
  const signatures = new Map<string, readonly Signature[]>();
  const types = new Map<string, Node>();
  const handedOn = new Map<string, ExportName>();
  const all: string[] = [];
  const imports = new Set<string>();
  const body = file.ast.type === AST_NODE_TYPES.Program ? file.ast.body : [];
  for (const statement of body) {
    if ("source" in statement && statement.source !== null)
      imports.add(file.resolveImport(statement.source.value));
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
  return { functions, classes, signatures, types, handedOn, all, imports };

  function add(name: string, node: Node): void {
    const value = unwrap(node);
    if (isFunction(value)) functions.set(name, value);
    if (isClass(value)) classes.set(name, value);
    if (isType(value)) types.set(name, value);
    if (value.type === AST_NODE_TYPES.TSDeclareFunction)
      signatures.set(name, [...(signatures.get(name) ?? []), value]);
    if (value.type !== AST_NODE_TYPES.Identifier) return;
    const variable = scope.variableOf(value);
    if (variable === undefined) return;
    const definition = definitionOf(variable);
    if (definition.kind === "function") functions.set(name, definition.node);
    if (definition.kind === "class") classes.set(name, definition.node);
    if (definition.kind === "type") types.set(name, definition.node);
    if (definition.kind === "signature") signatures.set(name, definition.nodes);
    if (definition.kind === "import") {
      handedOn.set(name, { from: file.resolveImport(definition.from), name: definition.name });
    }
    const [first] = variable.defs;
    const init = first?.node.type === AST_NODE_TYPES.VariableDeclarator ? first.node.init : null;
    const made = init === null ? undefined : unwrap(init);
    if (made !== undefined && (isFunction(made) || isClass(made))) add(name, made);
  }
}

function declared(declaration: Node): readonly (readonly [string, Node])[] {
  switch (declaration.type) {
    case AST_NODE_TYPES.FunctionDeclaration:
    case AST_NODE_TYPES.ClassDeclaration:
    case AST_NODE_TYPES.TSDeclareFunction:
    case AST_NODE_TYPES.TSInterfaceDeclaration:
    case AST_NODE_TYPES.TSTypeAliasDeclaration:
      return declaration.id === null ? [] : [[declaration.id.name, declaration]];
    default:
  }
  if (declaration.type !== AST_NODE_TYPES.VariableDeclaration) return [];
  return declaration.declarations.flatMap(({ id, init }) =>
    id.type === AST_NODE_TYPES.Identifier && init !== null ? [[id.name, init] as const] : [],
  );
}

function isType(node: Node): boolean {
  return (
    node.type === AST_NODE_TYPES.TSInterfaceDeclaration || node.type === AST_NODE_TYPES.TSTypeAliasDeclaration
  );
}

function nameIn(node: { readonly type: string; readonly name?: string; readonly value?: string }): string {
  return node.name ?? node.value ?? "";
}
