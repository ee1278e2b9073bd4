import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { isFileGetter } from "./name-ends.ts";
import { definitionOf, type ScopeIndex } from "./resolve.ts";
import { staticName, unwrap, type Node } from "./syntax.ts";

/** What is known of the names in a file. */
export interface KnownNames {
  /** Variables and properties that hold the name of a session file. */
  readonly fileNames: readonly string[];
  /** True for an export that gives a new value, whatever it is given. */
  readonly isForeign: (from: string, name: string) => boolean;
}

/** Methods of a function that call it, and of a promise that calls what it is given. */
const callingMethods: readonly string[] = ["apply", "bind", "call", "then"];

/**
 * A function of another module, a method of what a module exports, or what gives the path of a session file: it does not
 * give back what it is given.
 */
export function isForeignCallee(scope: ScopeIndex, { isForeign }: KnownNames, callee: Node): boolean {
  if (isFileGetter(callee)) return true;
  const members: string[] = [];
  let root = unwrap(callee);
  for (; root.type === AST_NODE_TYPES.MemberExpression; root = unwrap(root.object)) {
    members.push(staticName(root.property, root.computed) ?? "");
  }
  const variable = root.type === AST_NODE_TYPES.Identifier ? scope.variableOf(root) : undefined;
  const definition = variable === undefined ? undefined : definitionOf(variable);
  if (definition?.kind !== "import" || members.some((name) => callingMethods.includes(name))) return false;
  return [definition.name, ...members].every((name) => isForeign(definition.from, name));
}

/** Members of these modules are functions of the file system, and so are those of what `fs` calls `promises`. */
const fileSystem: ReadonlySet<string> = new Set(["fs", "fs/promises", "node:fs", "node:fs/promises"]);

/**
 * True where a name is a member of something imported that is no function of the file system: `Store.open` of
 * `import { Store } from "./store.js"`.
 */
export function isForeignMember(
  scope: ScopeIndex,
  isKnown: (from: string, name: string) => boolean,
  name: Node,
): boolean {
  const { parent } = name;
  if (parent?.type !== AST_NODE_TYPES.MemberExpression || parent.property !== name) return false;
  let root = unwrap(parent.object);
  while (root.type === AST_NODE_TYPES.MemberExpression) root = unwrap(root.object);
  const variable = root.type === AST_NODE_TYPES.Identifier ? scope.variableOf(root) : undefined;
  const definition = variable === undefined ? undefined : definitionOf(variable);
  if (definition?.kind !== "import" || fileSystem.has(definition.from)) return false;
  const isWhole = definition.name === "*" || definition.name === "default";
  const member = staticName(parent.property, parent.computed) ?? "";
  return !isKnown(definition.from, definition.name) && !(isWhole && isKnown(definition.from, member));
}
