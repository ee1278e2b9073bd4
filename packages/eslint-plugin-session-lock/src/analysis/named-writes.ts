import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { isReading } from "./open-flags.ts";
import { originOf } from "./origins.ts";
import type { ScopeIndex } from "./resolve.ts";
import { unwrap, type Node } from "./syntax.ts";
import type { Api, RawWriteSpec, Vocabulary } from "./vocabulary.ts";
import type { Handing, Ways } from "./trail.ts";
import type { Tree } from "./words.ts";

interface NamedWrites {
  /** Those that may write a session file. What cannot be told is kept. */
  readonly writes: readonly Node[];
  /** How session files get to what writes them. */
  readonly ways: Ways<Node>;
}

/**
 * Of the places that name a function of the file system, those that may write what is called like a session file: by
 * the name of a variable or property, or by the ending of a text.
 */
export function findNamedWrites(
  tree: Tree,
  scope: ScopeIndex,
  { fileNames, rawWrites }: Vocabulary,
  places: readonly Node[],
  apiOf: (from: string, name: string) => Api | undefined,
): NamedWrites {
  const isForeign = (from: string, name: string): boolean => {
    const api = apiOf(from, name);
    return api === undefined || api.kind === "raw-read" || api.kind === "raw-write";
  };
  const calls = new Set<Handing>();
  const handed: Node[] = [];
  const writes = [...places, ...places.flatMap((place) => usesOfAlias(place, scope))].filter((write) => {
    if (isImport(write) || isMereText(write)) return false;
    const files = filesOfWrite(write, rawWrites);
    if (files === undefined) return true;
    const origins = files.map((file) => originOf(tree, scope, { fileNames, isForeign }, file));
    for (const { ways } of origins) {
      for (const call of ways.calls) calls.add(call);
      handed.push(...ways.places);
    }
    return origins.some(({ mayBeSessionFile }) => mayBeSessionFile);
  });
  return { writes, ways: { places: handed, calls } };
}

/** Where the function is used under the name that it is given here. */
function usesOfAlias({ parent }: Node, scope: ScopeIndex): readonly Node[] {
  const isMember = parent?.type === AST_NODE_TYPES.MemberExpression;
  const named = isMember ? parent.parent : parent;
  // `promisify(fs.appendFile)`
  const holder = named?.type === AST_NODE_TYPES.CallExpression ? named.parent : named;
  const name = aliasIn(holder);
  const variable = name?.type === AST_NODE_TYPES.Identifier ? scope.variableOf(name) : undefined;
  return variable?.references.flatMap(({ identifier, init }) => (init === true ? [] : [identifier])) ?? [];
}

function aliasIn(holder: Node | undefined): Node | undefined {
  switch (holder?.type) {
    case AST_NODE_TYPES.ImportSpecifier:
      return isRenamed(holder.imported, holder.local) ? holder.local : undefined;
    case AST_NODE_TYPES.Property:
      return holder.parent.type === AST_NODE_TYPES.ObjectPattern && !holder.shorthand
        ? holder.value
        : undefined;
    case AST_NODE_TYPES.VariableDeclarator:
      return holder.id;
    default:
      return undefined;
  }
}

/** True where the function is brought in under its own name: what is done with it stands elsewhere, by that name. */
function isImport(write: Node): boolean {
  const { parent } = write;
  if (parent?.type === AST_NODE_TYPES.ImportSpecifier) return !isRenamed(parent.imported, parent.local);
  const isShorthand = parent?.type === AST_NODE_TYPES.Property && parent.shorthand;
  return isShorthand && parent.parent.type === AST_NODE_TYPES.ObjectPattern;
}

const naming: ReadonlySet<AST_NODE_TYPES | undefined> = new Set([
  AST_NODE_TYPES.ImportSpecifier,
  AST_NODE_TYPES.MemberExpression,
  AST_NODE_TYPES.Property,
  AST_NODE_TYPES.VariableDeclarator,
]);

/** A text that happens to be the function's name, such as `mode === "rename"`. */
function isMereText(node: Node): boolean {
  if (node.type === AST_NODE_TYPES.Literal) return !naming.has(node.parent.type);
  return node.type === AST_NODE_TYPES.TemplateElement && !naming.has(node.parent.parent.type);
}

/** The files that a call of the function may write, as it names them; `undefined` where it is not called, or not plainly. */
function filesOfWrite(write: Node, specs: readonly RawWriteSpec[]): readonly Node[] | undefined {
  const { parent } = write;
  const isMember = parent?.type === AST_NODE_TYPES.MemberExpression && parent.property === write;
  const callee = isMember ? parent : write;
  const call = callee.parent;
  if (call?.type !== AST_NODE_TYPES.CallExpression || call.callee !== callee) return undefined;
  const named = specs.filter(({ name }) => name === nameOf(write));
  if (named.length > 0 && named.every((spec) => isReading(call.arguments, spec))) return [];
  const places = [...new Set(named.flatMap(({ resource = 0, moves }) => [resource, moves ?? resource]))];
  const indexes = places.filter((place) => typeof place === "number" && place >= 0).map(Number);
  const last = Math.max(...indexes);
  const before = call.arguments.slice(0, last + 1);
  const isPlain = indexes.length === places.length && before.length === last + 1;
  if (!isPlain || before.some(({ type }) => type === AST_NODE_TYPES.SpreadElement)) return undefined;
  return before.filter((_, index) => indexes.includes(index)).map(unwrap);
}

function nameOf(node: Node): string | undefined {
  return node.type === AST_NODE_TYPES.Identifier ? node.name : undefined;
}

function isRenamed(imported: Node, local: Node): boolean {
  return nameOf(imported) !== nameOf(local);
}
