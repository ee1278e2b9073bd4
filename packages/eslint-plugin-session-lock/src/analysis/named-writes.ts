import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { originOf } from "./origins.ts";
import type { ScopeIndex } from "./resolve.ts";
import { unwrap, type Node } from "./syntax.ts";
import type { Api, RawWriteSpec, Vocabulary } from "./vocabulary.ts";
import type { Handing } from "./trail.ts";
import type { Tree } from "./words.ts";

interface NamedWrites {
  /** Those that may write a session file. What cannot be told is kept. */
  readonly writes: readonly Node[];
  /** The calls in which a session file is handed to code that writes it. */
  readonly calls: ReadonlySet<Handing>;
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
  const writes = places.filter((write) => {
    if (isImport(write)) return false;
    const file = fileOfWrite(write, rawWrites);
    if (file === undefined) return true;
    const origin = originOf(tree, scope, { fileNames, isForeign }, file);
    for (const call of origin.calls) calls.add(call);
    return origin.mayBeSessionFile;
  });
  return { writes, calls };
}

/** True where the function is brought in under its own name: what is done with it stands elsewhere, by that name. */
function isImport(write: Node): boolean {
  const { parent } = write;
  if (parent?.type === AST_NODE_TYPES.ImportSpecifier) return parent.local.name === nameOf(write);
  const isShorthand = parent?.type === AST_NODE_TYPES.Property && parent.shorthand;
  return isShorthand && parent.parent.type === AST_NODE_TYPES.ObjectPattern;
}

/** What a call of the function says of the file; `undefined` where it is not called, or not plainly. */
function fileOfWrite(write: Node, specs: readonly RawWriteSpec[]): Node | undefined {
  const { parent } = write;
  const isMember = parent?.type === AST_NODE_TYPES.MemberExpression && parent.property === write;
  const callee = isMember ? parent : write;
  const call = callee.parent;
  if (call?.type !== AST_NODE_TYPES.CallExpression || call.callee !== callee) return undefined;
  const places = new Set(
    specs.flatMap(({ name, resource = 0 }) => (name === nameOf(write) ? [resource] : [])),
  );
  const [place, ...others] = places;
  if (typeof place !== "number" || place < 0 || others.length > 0) return undefined;
  const before = call.arguments.slice(0, place + 1);
  if (before.some(({ type }) => type === AST_NODE_TYPES.SpreadElement)) return undefined;
  const file = before[place];
  return file === undefined ? undefined : unwrap(file);
}

function nameOf(node: Node): string | undefined {
  return node.type === AST_NODE_TYPES.Identifier ? node.name : undefined;
}
