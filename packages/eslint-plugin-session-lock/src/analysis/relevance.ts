import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { memberOf, usesOfThis, type Members } from "./class-members.ts";
import { mentions, rawWordsOf } from "./mentions.ts";
import { definitionOf, type ScopeIndex } from "./resolve.ts";
import {
  enclosingFunction,
  isFunction,
  parentOf,
  type ClassNode,
  type FunctionNode,
  type Node,
  type Variable,
} from "./syntax.ts";
import type { Api, Vocabulary } from "./vocabulary.ts";
import { findWords, type Tree } from "./words.ts";

/** The parts of a file that can have to do with locks and managers; the rest is taken as unknown code. */
export interface Relevance {
  readonly functions: ReadonlySet<FunctionNode>;
  /** True for variables that may hold a lock or a manager. */
  readonly matters: (variable: Variable) => boolean;
  /** False for variables of modules and bundles that no relevant function uses. */
  readonly remembers: (variable: Variable) => boolean;
}

/** A function as long as this is a module in a bundle: most of what it declares has nothing to do with the rest. */
const bundleLength = 100_000;

/**
 * Starts from every mention of a known export and goes where its value may go: the variables it is assigned to, the
 * functions it stands in, their callers, the methods of its class.
 */
export function findRelevance(
  tree: Tree,
  scope: ScopeIndex,
  vocabulary: Vocabulary,
  apiOf: (from: string, name: string) => Api | undefined,
  annotated: readonly Node[],
): Relevance {
  const functions = new Set<FunctionNode>();
  const variables = new Set<Variable>();
  const classes = new Map<ClassNode, Members>();
  const queue: Node[] = [...findWords(tree, wordsOf(tree.text, vocabulary)), ...annotated];
  // A file write matters where it stands; its callers only matter if they have to do with a lock themselves.
  const writes = findWords(tree, rawWordsOf(tree.text, vocabulary));
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    follow(node.parent?.type === AST_NODE_TYPES.ImportSpecifier ? node.parent.local : node);
    climb(node);
  }
  for (const write of writes) {
    for (let owner = enclosingFunction(write); isFunction(owner); owner = enclosingFunction(owner))
      functions.add(owner);
  }
  const remembered = new WeakMap<Variable, boolean>();
  return { functions, matters: (variable) => variables.has(variable), remembers };

  function remembers(variable: Variable): boolean {
    const known = remembered.get(variable);
    if (known !== undefined) return known;
    const isKept =
      variables.has(variable) || !isModuleLevel(variable) || variable.references.some(isRelevantUse);
    remembered.set(variable, isKept);
    return isKept;
  }

  function isRelevantUse({ from }: Variable["references"][number]): boolean {
    const { block } = from.variableScope;
    return isFunction(block) && functions.has(block) && block.range[1] - block.range[0] < bundleLength;
  }

  function follow(name: Node): void {
    const variable = scope.variableOf(name);
    if (variable === undefined || variables.has(variable)) return;
    const definition = definitionOf(variable);
    if (definition.kind === "parameter") return;
    if (definition.kind === "import" && !isKnown(definition.from, definition.name)) return;
    variables.add(variable);
    for (const reference of variable.references) queue.push(reference.identifier);
  }

  function isKnown(from: string, name: string): boolean {
    return name === "*" || name === "default" || apiOf(from, name) !== undefined;
  }

  function climb(start: Node): void {
    let isInside = true;
    for (let node = parentOf(start); node !== undefined; node = parentOf(node)) {
      if (node.type === AST_NODE_TYPES.VariableDeclarator && isInside) namesIn(node.id).forEach(follow);
      if (node.type === AST_NODE_TYPES.AssignmentExpression && isInside) namesIn(node.left).forEach(follow);
      if (node.type === AST_NODE_TYPES.TSInterfaceDeclaration) follow(node.id);
      if (node.type === AST_NODE_TYPES.TSTypeAliasDeclaration) follow(node.id);
      const member = memberOf(node, isInside);
      if (member !== undefined) followMember(member.owner, member.name);
      if (!isFunction(node)) continue;
      isInside = false;
      if (functions.has(node)) return;
      functions.add(node);
      const name = nameOf(node);
      if (name !== undefined) follow(name);
    }
  }

  /** A field or method of a class: every place that uses it as `this.name` matters. */
  function followMember(owner: ClassNode, name: string): void {
    const members = membersOf(owner);
    if (members.followed.has(name)) return;
    members.followed.add(name);
    if (owner.id !== null) follow(owner.id);
    queue.push(...(members.uses.get(name) ?? []));
  }

  function membersOf(owner: ClassNode): Members {
    const known = classes.get(owner);
    if (known !== undefined) return known;
    const members: Members = { followed: new Set(), uses: usesOfThis(tree, owner.body) };
    classes.set(owner, members);
    return members;
  }
}

function wordsOf(text: string, vocabulary: Vocabulary): ReadonlySet<string> {
  const { managers, acquires, wrappers } = vocabulary;
  const specs = [...managers, ...acquires, ...wrappers].filter((spec) => mentions(text, spec));
  const names = specs.map(({ name, from }) => (name === "default" ? from : (name.split(".").at(-1) ?? name)));
  const types = acquires.flatMap(({ handleType }) => handleType ?? []);
  return new Set([...names, ...types]);
}

function isModuleLevel({ scope }: Variable): boolean {
  const { block } = scope.variableScope;
  return !isFunction(block) || block.range[1] - block.range[0] >= bundleLength;
}

function namesIn(pattern: Node): readonly Node[] {
  switch (pattern.type) {
    case AST_NODE_TYPES.Identifier:
      return [pattern];
    case AST_NODE_TYPES.ObjectPattern:
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === AST_NODE_TYPES.RestElement ? property.argument : property.value),
      );
    case AST_NODE_TYPES.ArrayPattern:
      return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)));
    case AST_NODE_TYPES.AssignmentPattern:
      return namesIn(pattern.left);
    case AST_NODE_TYPES.MemberExpression:
      return namesIn(pattern.object);
    default:
      return [];
  }
}

/** The name by which other code calls the function. */
export function nameOf(node: FunctionNode): Node | undefined {
  if (node.id !== null) return node.id;
  const { parent } = node;
  if (parent.type === AST_NODE_TYPES.VariableDeclarator) return parent.id;
  if (parent.type === AST_NODE_TYPES.AssignmentExpression) return parent.left;
  return undefined;
}
