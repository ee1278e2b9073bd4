import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { memberOf, usesOfThis, type MemberOwner, type Members } from "./class-members.ts";
import { definitionOf, type ScopeIndex } from "./resolve.ts";
import {
  isClass,
  isFunction,
  isIn,
  parentOf,
  unwrap,
  type ClassNode,
  type FunctionNode,
  type Node,
  type Variable,
} from "./syntax.ts";
import { typesOf } from "./signatures.ts";
import type { Tree } from "./words.ts";

/** Where values may go. */
export interface Reach {
  readonly functions: Set<FunctionNode>;
  readonly variables: ReadonlySet<Variable>;
}

/**
 * Starts from places in the text and goes where their values may go: the variables they are assigned to, the functions
 * they stand in, their callers, the methods of their class. `isKnown` says which imports are worth following.
 */
export function reachFrom(
  tree: Tree,
  scope: ScopeIndex,
  starts: readonly Node[],
  isKnown: (from: string, name: string) => boolean,
): Reach {
  const functions = new Set<FunctionNode>();
  const variables = new Set<Variable>();
  const classes = new Map<MemberOwner, Members>();
  const queue = [...starts];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    follow(node.parent?.type === AST_NODE_TYPES.ImportSpecifier ? node.parent.local : node);
    climb(node);
  }
  return { functions, variables };

  function follow(name: Node): void {
    const variable = scope.variableOf(name);
    if (variable === undefined || variables.has(variable)) return;
    const definition = definitionOf(variable);
    if (definition.kind === "parameter") return;
    if (definition.kind === "import" && !isKnown(definition.from, definition.name)) return;
    variables.add(variable);
    for (const reference of variable.references) queue.push(reference.identifier);
  }

  function climb(start: Node): void {
    let isInside = true;
    for (let node = parentOf(start); node !== undefined; node = parentOf(node)) {
      if (node.type === AST_NODE_TYPES.VariableDeclarator && isInside) namesIn(node.id).forEach(follow);
      if (node.type === AST_NODE_TYPES.AssignmentExpression && isInside) namesIn(node.left).forEach(follow);
      if (isClass(node) && typesOf(node).some((type) => isIn(start, type))) followHeir(node);
      if (node.type === AST_NODE_TYPES.TSImportEqualsDeclaration) follow(node.id);
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

  /** A class that has what its superclass has, or does what an interface says: its methods may use it as `this`. */
  function followHeir(node: ClassNode): void {
    if (node.id !== null) follow(node.id);
    for (const member of node.body.body) {
      if (member.type !== AST_NODE_TYPES.MethodDefinition) continue;
      if (member.value.type === AST_NODE_TYPES.FunctionExpression) functions.add(member.value);
    }
  }

  /** A member of a class or an object: every place that uses it as `this.name` matters. */
  function followMember(owner: MemberOwner, name: string): void {
    const members = membersOf(owner);
    if (members.followed.has(name)) return;
    members.followed.add(name);
    if (isClass(owner) && owner.id !== null) follow(owner.id);
    if (isClass(owner)) followInside(owner);
    const holder = holderOf(owner);
    if (holder !== undefined) namesIn(holder).forEach(follow);
    queue.push(...(members.uses.get(name) ?? []));
  }

  /** The code of a class that uses the class itself; of its members there is a list. */
  function followInside(owner: ClassNode): void {
    const variable = scope.innerNameOf(owner);
    if (variable === undefined || variables.has(variable)) return;
    variables.add(variable);
    for (const { identifier } of variable.references)
      if (identifier.parent.type !== AST_NODE_TYPES.MemberExpression) queue.push(identifier);
  }

  function membersOf(owner: MemberOwner): Members {
    const known = classes.get(owner);
    if (known !== undefined) return known;
    const members: Members = { followed: new Set(), uses: usesOfThis(tree, owner) };
    classes.set(owner, members);
    return members;
  }
}

/** The names that a pattern gives values to. */
export function namesIn(pattern: Node): readonly Node[] {
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

/** What the class or the object is given to where it stands, also as a part of another object. */
function holderOf(owner: MemberOwner): Node | undefined {
  let node: Node = owner;
  for (let parent = parentOf(node); parent !== undefined; parent = parentOf(node)) {
    if (parent.type === AST_NODE_TYPES.VariableDeclarator) return parent.id;
    if (parent.type === AST_NODE_TYPES.AssignmentExpression) return parent.left;
    if (!hasWhole(parent) && unwrap(parent) !== unwrap(node)) return undefined;
    node = parent;
  }
  return undefined;
}

/** True if whoever has what the node gives has what stands in it: `{ a: {} }`, `Object.freeze({})`. */
function hasWhole(node: Node): boolean {
  if (node.type === AST_NODE_TYPES.Property || node.type === AST_NODE_TYPES.ObjectExpression) return true;
  if (node.type !== AST_NODE_TYPES.CallExpression) return false;
  const { callee } = node;
  const owner = callee.type === AST_NODE_TYPES.MemberExpression ? callee.object : callee;
  return owner.type === AST_NODE_TYPES.Identifier && owner.name === "Object";
}

/** The name by which other code calls the function. */
export function nameOf(node: FunctionNode): Node | undefined {
  if (node.id !== null) return node.id;
  const { parent } = node;
  if (parent.type === AST_NODE_TYPES.VariableDeclarator) return parent.id;
  if (parent.type === AST_NODE_TYPES.AssignmentExpression) return parent.left;
  return undefined;
}
