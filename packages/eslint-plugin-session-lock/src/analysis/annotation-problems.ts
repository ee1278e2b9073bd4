import {
  findDeclarations,
  overloadsOf,
  readAnnotations,
  type Annotation,
  type Declarations,
} from "./annotations.ts";
import { parametersOf } from "./parameters.ts";
import { headOf } from "./signatures.ts";
import { nearest, nearestName } from "./spelling.ts";
import { isFunction } from "./syntax.ts";
import { isLockTag, lockTags, readPlace, readWrapper, type LockTag } from "./tags.ts";
import type { Tree } from "./words.ts";
import type { TSESTree } from "@typescript-eslint/utils";

/** Something that is wrong with a tag as it is written. */
export interface AnnotationProblem {
  readonly message: "unknownTag" | "unbound" | "unknownParameter" | "badOption" | "noReason";
  readonly data: Readonly<Record<string, string>>;
  /** The part of the text that it is about. */
  readonly range: readonly [number, number];
  /** What should stand there instead, where that is clear. */
  readonly replacement?: string;
}

/** Tags that mean nothing as they are written: misspelt, before no function, or about a parameter that is none. */
export function findAnnotationProblems(
  tree: Tree,
  comments: readonly TSESTree.Comment[],
  fileNames: readonly string[],
): readonly AnnotationProblem[] {
  const annotations = readAnnotations(tree.text, comments);
  if (annotations.length === 0) return [];
  const declarations = findDeclarations(tree);
  return annotations.flatMap((annotation) => {
    const { tag, range } = annotation;
    if (!isLockTag(tag)) return [misspelt(annotation)];
    const isBound =
      declarations.functions.has(annotation.target) || declarations.signatures.has(annotation.target);
    if (!isBound) return [{ message: "unbound", data: { tag }, range } as const];
    return checkArgument(annotation, tag, declarations, fileNames);
  });
}

function misspelt({ tag, range }: Annotation): AnnotationProblem {
  const meant = nearest(tag, lockTags, 3);
  const data = {
    tag,
    known: meant === undefined ? lockTags.map((one) => `@${one}`).join(", ") : `@${meant}`,
  };
  return { message: "unknownTag", data, range, ...(meant === undefined ? {} : { replacement: meant }) };
}

function checkArgument(
  { argument, range, target }: Annotation,
  tag: LockTag,
  { functions, signatures }: Declarations,
  fileNames: readonly string[],
): readonly AnnotationProblem[] {
  if (tag === "no-session-lock-analysis") {
    return argument === "" ? [{ message: "noReason", data: { what: `@${tag}` }, range }] : [];
  }
  const node = functions.get(target) ?? signatures.get(target);
  const params = node === undefined ? undefined : headOf(node)?.params;
  // Of a type that is only named the parameters stand somewhere else.
  if (node === undefined || params === undefined) return [];
  const overloads = isFunction(node) ? overloadsOf(node).flatMap((overload) => overload.params) : [];
  const parameters = parametersOf({ params: [...params, ...overloads] });
  const find = (name: string): (typeof parameters)[number]["place"] | undefined =>
    parameters.find((parameter) => parameter.name.name === name)?.place;
  const isWrapper = tag === "session-lock-wrapper";
  const names = ["this", ...parameters.map(({ name }) => name.name)];
  const read = isWrapper ? readWrapper(argument, find) : readPlace(argument, find);
  const word = read.kind === "bad" ? read.word : misspeltPath(argument, names, fileNames);
  if (read.kind === "place" || read.kind === "wrapper" || word === undefined) return [];
  if (isWrapper) return [{ message: "badOption", data: { word }, range }];
  const [root = ""] = word.split(".");
  const meant = nearestName(root, names);
  const start = range[1] + 1;
  return [
    {
      message: "unknownParameter",
      data: { word, tag },
      range: [start, start + root.length],
      ...(meant === undefined ? {} : { replacement: meant }),
    },
  ];
}

/**
 * The first word of a sentence, if it was meant to be a path. Prose begins with a word of the language, or it says
 * something about a name: so only what is spelt like code counts, no verb follows it, and it must be nearly a
 * parameter or a name that session files have.
 */
function misspeltPath(
  argument: string,
  names: readonly string[],
  fileNames: readonly string[],
): string | undefined {
  const [word = "", next = ""] = argument.split(/\s+/);
  const isCode = /^[\w$]+(\.[\w$]+)*$/.test(word) && /[a-z\d][A-Z]|[_$.]/.test(word);
  if (!isCode || verbs.test(next)) return undefined;
  const [root = "", ...properties] = word.split(".");
  const last = properties.at(-1) ?? root;
  const isNear = nearestName(root, names) !== undefined || nearestName(last, fileNames) !== undefined;
  return isNear ? word : undefined;
}

/** What follows the subject of a sentence. */
const verbs = /^(?:is|isn't|are|was|were|has|have|had|must|may|might|can|cannot|will|should|does|do|\w+s)$/;
