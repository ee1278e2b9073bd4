import { dirname } from "node:path";
import type { ParserServices, TSESTree } from "@typescript-eslint/utils";
import type {
  CallExpression,
  NewExpression,
  Symbol as TypeSymbol,
  Type,
  TypeChecker,
  Node as TypeScriptNode,
} from "typescript";
import type { TypeFacts } from "./analysis/receivers.ts";
import type { ExportName } from "./analysis/vocabulary.ts";
import { packageNameOf } from "./project.ts";

const noTags: ReturnType<TypeFacts["tagsOf"]> = { tags: [], parameters: [] };

/** Base classes further up than this are somebody else's idea. */
const maxDepth = 4;

/**
 * What the type checker that the parser brought along knows. `undefined` if it brought none: without a program every
 * verdict is the one of the text. TypeScript itself is never loaded here.
 */
export function typeFactsOf(services: Partial<ParserServices> | undefined): TypeFacts | undefined {
  const program = services?.program;
  const nodes = services?.esTreeNodeToTSNodeMap;
  if (program === undefined || program === null || nodes === undefined) return undefined;
  const names = new Map<TSESTree.Node, readonly ExportName[]>();
  const tags = new Map<TSESTree.Node, ReturnType<TypeFacts["tagsOf"]>>();
  let checker: TypeChecker | undefined;
  const typeChecker = (): TypeChecker => (checker ??= program.getTypeChecker());
  return {
    namesOf: (node) =>
      remembered(names, node, [], () => {
        const found = nodes.get(node);
        return exportNamesOf(typeChecker(), typeChecker().getTypeAtLocation(found), 0);
      }),
    tagsOf: (call) => remembered(tags, call, noTags, () => readTags(typeChecker(), nodes.get(call))),
  };
}

function remembered<T>(known: Map<TSESTree.Node, T>, node: TSESTree.Node, otherwise: T, find: () => T): T {
  const value = known.get(node);
  if (value !== undefined) return value;
  const found = findOr(otherwise, find);
  known.set(node, found);
  return found;
}

/**
 * The checker itself fails on a program that holds a file without its imports, which is what the parser makes for the
 * second look at a file (`--fix`) in a single run. Then nothing is known of the node, and the text decides.
 */
function findOr<T>(otherwise: T, find: () => T): T {
  try {
    return find();
  } catch {
    return otherwise;
  }
}

function exportNamesOf(checker: TypeChecker, type: Type, depth: number): readonly ExportName[] {
  if (depth > maxDepth) return [];
  // Of a type parameter it is known what it extends.
  const plain = checker.getNonNullableType(checker.getBaseConstraintOfType(type) ?? type);
  if (plain.isUnionOrIntersection()) {
    return plain.types.flatMap((part) => exportNamesOf(checker, part, depth + 1));
  }
  const symbols = [plain.getSymbol(), plain.aliasSymbol].filter((one) => one !== undefined);
  const bases = plain.isClassOrInterface() ? checker.getBaseTypes(plain) : [];
  return [
    ...symbols.flatMap(namesOfSymbol),
    ...bases.flatMap((base) => exportNamesOf(checker, base, depth + 1)),
  ];
}

/** Where a symbol is declared, under the names by which a setting can mean it: the file, and the package it is in. */
function namesOfSymbol(symbol: TypeSymbol): readonly ExportName[] {
  return (symbol.declarations ?? []).flatMap((declaration) => {
    const { fileName } = declaration.getSourceFile();
    const name = symbol.getName();
    const path = fileName.replace(/(?:\.d)?\.[cm]?[jt]sx?$/, "");
    const owner = packageNameOf(dirname(fileName));
    return owner === undefined
      ? [{ from: path, name }]
      : [
          { from: path, name },
          { from: owner, name },
        ];
  });
}

function readTags(checker: TypeChecker, node: TypeScriptNode): ReturnType<TypeFacts["tagsOf"]> {
  const signature = isCall(node) ? checker.getResolvedSignature(node) : undefined;
  if (signature === undefined) return noTags;
  return {
    tags: signature.getJsDocTags().map(({ name, text = [] }) => ({
      tag: name,
      argument: text
        .map((part) => part.text)
        .join("")
        .trim(),
    })),
    parameters: signature.getParameters().map((parameter) => parameter.getName()),
  };
}

function isCall(node: TypeScriptNode): node is CallExpression | NewExpression {
  return "arguments" in node && "expression" in node;
}
