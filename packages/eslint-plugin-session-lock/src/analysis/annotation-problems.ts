import { findDeclarations, readAnnotations, type Annotation, type Declarations } from "./annotations.ts";
import { parametersOf } from "./parameters.ts";
import { nearest } from "./spelling.ts";
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
    return checkArgument(annotation, tag, declarations);
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
  { functions }: Declarations,
): readonly AnnotationProblem[] {
  if (tag === "no-session-lock-analysis") {
    return argument === "" ? [{ message: "noReason", data: { what: `@${tag}` }, range }] : [];
  }
  const node = functions.get(target);
  // Where there is only a signature, its parameters are somebody else's to read.
  if (node === undefined) return [];
  const parameters = parametersOf(node);
  const find = (name: string): (typeof parameters)[number]["place"] | undefined =>
    parameters.find((parameter) => parameter.name.name === name)?.place;
  const isWrapper = tag === "session-lock-wrapper";
  const read = isWrapper ? readWrapper(argument, find) : readPlace(argument, find);
  if (read.kind !== "bad") return [];
  if (isWrapper) return [{ message: "badOption", data: { word: read.word }, range }];
  const [root = ""] = read.word.split(".");
  const meant = nearest(root, ["this", ...parameters.map(({ name }) => name.name)], 2);
  const start = range[1] + 1;
  return [
    {
      message: "unknownParameter",
      data: { word: read.word, tag },
      range: [start, start + root.length],
      ...(meant === undefined ? {} : { replacement: meant }),
    },
  ];
}
