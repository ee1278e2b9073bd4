import { AST_NODE_TYPES } from "@typescript-eslint/types";
import { find, makeNeedle, needleFor, type Needle } from "./search.ts";
import type { Node } from "./syntax.ts";

/** A parsed file. */
export interface Tree {
  readonly ast: Node;
  readonly text: string;
  readonly visitorKeys: Readonly<Record<string, readonly string[] | undefined>>;
}

/** The identifiers with one of these names, and the texts that are one. Only the parts of the tree whose text contains one are walked. */
export function findWords(tree: Tree, words: ReadonlySet<string>): readonly Node[] {
  const found: Node[] = [];
  walkTo(tree, [...words].map(needleFor), (node) => {
    const word = wordOf(node);
    if (word !== undefined && words.has(word)) found.push(node);
  });
  return found;
}

function wordOf(node: Node): string | undefined {
  if (node.type === AST_NODE_TYPES.Identifier) return node.name;
  if (node.type === AST_NODE_TYPES.TemplateElement) return node.value.raw;
  return node.type === AST_NODE_TYPES.Literal && typeof node.value === "string" ? node.value : undefined;
}

/** The names and texts in which one of the words stands by itself. */
export function findLeaves(tree: Tree, words: readonly string[]): readonly Node[] {
  const found: Node[] = [];
  walkTo(tree, words.map(makeNeedle), (node) => {
    if (leaves.has(node.type)) found.push(node);
  });
  return found;
}

const leaves: ReadonlySet<AST_NODE_TYPES> = new Set([
  AST_NODE_TYPES.Identifier,
  AST_NODE_TYPES.JSXIdentifier,
  AST_NODE_TYPES.JSXText,
  AST_NODE_TYPES.Literal,
  AST_NODE_TYPES.PrivateIdentifier,
  AST_NODE_TYPES.TemplateElement,
]);

/** Visits every node in which one of the words stands by itself. */
function walkTo(tree: Tree, needles: readonly Needle[], visit: (node: Node) => void): void {
  if (needles.length === 0) return;
  const positions = positionsOf(tree.text, needles);
  walk(tree.ast, 0, positions.length);

  function walk(node: Node, from: number, to: number): void {
    const low = lowerBound(positions, node.range[0], from, to);
    const high = lowerBound(positions, node.range[1], low, to);
    if (low === high) return;
    visit(node);
    forEachChild(tree, node, (child) => walk(child, low, high));
  }
}

/**
 * Where the words stand by themselves, in the order of the text. A pattern of them all would be interpreted where it is
 * used first, which is most of what a file of 100 KB takes: the searches for one word after the other are not.
 */
function positionsOf(text: string, needles: readonly Needle[]): readonly number[] {
  const positions: number[] = [];
  for (const needle of needles) {
    const { length } = needle.word;
    // The empty word, which names a property too, is found at the end of the text for ever.
    for (let at = find(text, needle); at !== -1 && at < text.length; at = find(text, needle, at + 1))
      if (!isNamePart(text, at - 1) && !isNamePart(text, at + length)) positions.push(at);
  }
  return needles.length === 1 ? positions : positions.sort((left, right) => left - right);
}

/** True for what goes on with a name: `reopen` and `openAll` are not `open`. */
function isNamePart(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
  return isLetter || (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x24;
}

/** The nodes directly inside a node, in the order of the text. */
export function childrenOf(tree: Pick<Tree, "visitorKeys">, node: Node): readonly Node[] {
  const children: Node[] = [];
  forEachChild(tree, node, (child) => children.push(child));
  return children;
}

/** Whole files are walked with it: it makes nothing that is thrown away again. */
export function forEachChild(
  tree: Pick<Tree, "visitorKeys">,
  node: Node,
  visit: (child: Node) => void,
): void {
  const keys = tree.visitorKeys[node.type];
  if (keys === undefined) return;
  keys.forEach((key) => {
    const child: unknown = Reflect.get(node, key);
    if (Array.isArray(child)) child.forEach(visitNode);
    else visitNode(child);
  });

  function visitNode(child: unknown): void {
    if (isNode(child)) visit(child);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "range" in value;
}

function lowerBound(positions: readonly number[], value: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((positions[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
