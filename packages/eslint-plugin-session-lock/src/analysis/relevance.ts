import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { mentions, rawWordsOf } from "./mentions.ts";
import { isForeignMember } from "./foreign-calls.ts";
import { findNamedWrites } from "./named-writes.ts";
import { reachFrom } from "./reach.ts";
import { definitionOf, type ScopeIndex } from "./resolve.ts";
import { searchIn, type Contains } from "./search.ts";
import {
  functionsAround,
  isFunction,
  parentOf,
  type FunctionNode,
  type Node,
  type Variable,
} from "./syntax.ts";
import type { Handing } from "./trail.ts";
import { methodWords, type Api, type Vocabulary } from "./vocabulary.ts";
import { findWords, forEachChild, type Tree } from "./words.ts";

/** The parts of a file that can have to do with locks and managers; the rest is taken as unknown code. */
export interface Relevance {
  /** True if there are none. */
  readonly isEmpty: boolean;
  readonly functions: ReadonlySet<FunctionNode>;
  /** True for variables that may hold a lock or a manager. */
  readonly matters: (variable: Variable) => boolean;
  /** False for variables of modules and bundles that no relevant function uses. */
  readonly remembers: (variable: Variable) => boolean;
}

/** A function as long as this is a module in a bundle: most of what it declares has nothing to do with the rest. */
const bundleLength = 100_000;

/** The functions and variables that a known export, an annotation or a write of a session file can reach. */
export function findRelevance(
  tree: Tree,
  scope: ScopeIndex,
  vocabulary: Vocabulary,
  apiOf: (from: string, name: string) => Api | undefined,
  annotated: readonly Node[],
): Relevance {
  const contains = searchIn(tree.text);
  const isApi = (from: string, name: string): boolean => apiOf(from, name) !== undefined;
  const isKnown = (from: string, name: string): boolean =>
    name === "*" || name === "default" || isApi(from, name);
  const words = findWords(tree, wordsOf(contains, vocabulary)).filter(
    // Types say of values from elsewhere what they are, whatever the class is called here.
    (word) => vocabulary.types || !isOtherImport(scope, isKnown, word),
  );
  const starts = [...words, ...words.flatMap(loaderOf), ...defaultImports(tree, isApi), ...annotated];
  const { functions, variables } = reachFrom(tree, scope, starts, isKnown);
  const writes = findWords(tree, rawWordsOf(contains, vocabulary));
  // Under a lock every file can be a session file; without one only those that are called so.
  const { lockedSuffix } = vocabulary;
  const isLockless = starts.length === 0 && (lockedSuffix === "" || !contains(lockedSuffix));
  const isByName =
    isLockless &&
    [...vocabulary.rawWrites, ...vocabulary.rawReads].every(
      (spec) => spec.anyFile === true || !mentions(contains, spec),
    );
  const own = isByName ? writes.filter((write) => !isForeignMember(scope, isApi, write)) : writes;
  const named = findNamedWrites(tree, scope, vocabulary, own, apiOf);
  const kept = isByName ? named.writes : [...writes, ...named.writes];
  // A file write matters where it stands, and so does what gives it the name of a session file.
  for (const place of [...kept, ...named.ways.places])
    for (const owner of functionsAround(place)) functions.add(owner);
  const isEmpty = isLockless && kept.length === 0;
  const used = isEmpty ? new Set<Variable>() : usedByModule(tree, scope, own, named.ways.calls);
  const remembered = new WeakMap<Variable, boolean>();
  return { isEmpty, functions, matters: (variable) => variables.has(variable), remembers };

  function remembers(variable: Variable): boolean {
    const known = remembered.get(variable);
    if (known !== undefined) return known;
    const isKept =
      variables.has(variable) ||
      used.has(variable) ||
      !isModuleLevel(variable) ||
      variable.references.some(isRelevantUse);
    remembered.set(variable, isKept);
    return isKept;
  }

  /** A callback that has nothing to do with locks itself may be run under one. */
  function isRelevantUse({ from }: Variable["references"][number]): boolean {
    const { block } = from.variableScope;
    const around = isFunction(block) ? [block, ...functionsAround(block)] : [];
    return around.some((owner) => functions.has(owner) && owner.range[1] - owner.range[0] < bundleLength);
  }
}

/** The names that default exports have here, of those that matter: no word tells of them. */
function defaultImports({ ast }: Tree, isApi: (from: string, name: string) => boolean): readonly Node[] {
  const body = ast.type === AST_NODE_TYPES.Program ? ast.body : [];
  return body.flatMap((statement) => {
    if (statement.type !== AST_NODE_TYPES.ImportDeclaration) return [];
    const { source, specifiers } = statement;
    const named = specifiers.filter(isDefault);
    return named.length > 0 && isApi(source.value, "default") ? named.map(({ local }) => local) : [];
  });
}

function isDefault(specifier: TSESTree.ImportClause): boolean {
  if (specifier.type === AST_NODE_TYPES.ImportDefaultSpecifier) return true;
  if (specifier.type === AST_NODE_TYPES.ImportNamespaceSpecifier) return false;
  const { imported } = specifier;
  return imported.type === AST_NODE_TYPES.Identifier && imported.name === "default";
}

/** True for a name that is imported from a module of which that is no export that matters. */
function isOtherImport(
  scope: ScopeIndex,
  isKnown: (from: string, name: string) => boolean,
  name: Node,
): boolean {
  const variable = scope.variableOf(
    name.parent?.type === AST_NODE_TYPES.ImportSpecifier ? name.parent.local : name,
  );
  const definition = variable === undefined ? undefined : definitionOf(variable);
  return definition?.kind === "import" && !isKnown(definition.from, definition.name);
}

/**
 * What the module's own code, which no function is around, uses to write a file: the functions that it may call by their
 * name, and every variable in a statement that names a function of the file system.
 */
function usedByModule(
  tree: Tree,
  scope: ScopeIndex,
  writes: readonly Node[],
  calls: Iterable<Handing>,
): ReadonlySet<Variable> {
  const used = new Set<Variable>();
  for (const { callee } of calls) use(callee);
  for (const write of writes) if (functionsAround(write).length === 0) walk(statementOf(write));
  return used;

  function use(name: Node): void {
    const variable = name.type === AST_NODE_TYPES.Identifier ? scope.variableOf(name) : undefined;
    if (variable !== undefined) used.add(variable);
  }

  function walk(node: Node): void {
    use(node);
    forEachChild(tree, node, (child) => {
      if (!isFunction(child)) walk(child);
    });
  }
}

function statementOf(node: Node): Node {
  let statement = node;
  for (let outer = parentOf(node); outer !== undefined && !("body" in outer); outer = parentOf(outer))
    statement = outer;
  return statement;
}

/** The function that is called with the name of a module: it may be a `require` that the file made. */
function loaderOf(node: Node): readonly Node[] {
  if (node.type !== AST_NODE_TYPES.Literal && node.type !== AST_NODE_TYPES.TemplateElement) return [];
  const call = node.type === AST_NODE_TYPES.Literal ? node.parent : node.parent.parent;
  return call.type === AST_NODE_TYPES.CallExpression ? [call.callee] : [];
}

function wordsOf(contains: Contains, vocabulary: Vocabulary): ReadonlySet<string> {
  const { managers, acquires, wrappers, mutexes, contracts, aliases, releasers } = vocabulary;
  // A releaser that is told the file has no lock in its hands by which it would be found.
  const unlocks = releasers.filter(({ resource }) => resource !== undefined);
  const known = [...managers, ...acquires, ...wrappers, ...mutexes, ...contracts, ...aliases, ...unlocks];
  const specs = known.filter((spec) => mentions(contains, spec));
  const names = specs.map(({ name, from }) => (name === "default" ? from : (name.split(".").at(-1) ?? name)));
  const types = acquires.flatMap(({ handleType }) => handleType ?? []);
  const modules = specs.map(({ from }) => from);
  return new Set([...names, ...modules, ...types, ...methodWords(vocabulary)]);
}

function isModuleLevel({ scope }: Variable): boolean {
  const { block } = scope.variableScope;
  return !isFunction(block) || block.range[1] - block.range[0] >= bundleLength;
}
