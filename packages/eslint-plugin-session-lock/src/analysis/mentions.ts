import { fileGetter } from "./name-ends.ts";
import { hasAny, hasRare, needleFor, searchIn, type Contains } from "./search.ts";
import {
  completeManager,
  methodWords,
  type ExportName,
  type RawWriteSpec,
  type Vocabulary,
} from "./vocabulary.ts";

/** What a quick look at a text says of it. */
export interface Look {
  /** False: the analysis has nothing to report. */
  readonly mayReport: boolean;
  /** True if it may have locks or managers, which its functions may hand to others. */
  readonly hasApi: boolean;
  /** True if some tag, what is nearly one, or the name of a rule stands in it. */
  readonly isMarked: boolean;
}

const nothing: Look = { mayReport: false, hasApi: false, isMarked: false };

/** A tag of an annotation, or what is nearly one. */
const nearTag = /@[\w-]*(?:session-?(?:lock|file)|lock-session)/y;

/** One of these is part of every annotation's name. */
const annotationMarks: readonly string[] = ["-session-lock", "@session-lock-wrapper", "@owns-session-file"];

/** Is part of the names of the rules, and of the modules whose exports are usually looked for. */
const mark = "session-lock";

/**
 * Prepares the look for one vocabulary. Most files fail the first step: it looks for tags, and for the few needles one
 * of which is in the text, whatever else has to be.
 */
export function compileLook(vocabulary: Vocabulary): (text: string) => Look {
  const { managers, acquires, wrappers, mutexes, contracts, aliases, rawWrites } = vocabulary;
  const sinks = rawWrites.filter((spec) => spec.anyFile !== true);
  const others = [...acquires, ...wrappers, ...mutexes, ...contracts, ...aliases, ...sinks];
  const methods = methodWords(vocabulary);
  const hints = fileNameHints(vocabulary.fileNames);
  const uses = usesOfManagers(vocabulary);
  const named = [...managers, ...others].filter(({ from }) => !from.includes(mark));
  const needles = needlesOf([mark, ...methods, ...named.map(mainWordOf), ...hints]).map(needleFor);
  return (text) => {
    const isTagged = hasTag(text);
    if (!isTagged && !hasAny(text, needles)) return nothing;
    const contains = searchIn(text);
    const isManaged = managers.some((spec) => mentions(contains, spec));
    const isReporting = mayReport(contains, isTagged, isManaged);
    return {
      mayReport: isReporting,
      hasApi: isReporting || isManaged,
      isMarked: isTagged || contains(`${mark}/`),
    };
  };

  function mayReport(contains: Contains, isTagged: boolean, isManaged: boolean): boolean {
    if (isTagged && annotationMarks.some(contains)) return true;
    if (methods.some(contains) || others.some((spec) => mentions(contains, spec))) return true;
    if (isManaged && (uses === undefined || uses.some(contains))) return true;
    return (isManaged || hints.some(contains)) && rawWrites.some((spec) => mayWrite(contains, spec));
  }
}

/**
 * One of these is in every text that has managers, no lock by its name and no function of the file system, and may have
 * a report: a method that writes, or what says that a lock is held. `undefined`: there may be one in any such text.
 */
function usesOfManagers(vocabulary: Vocabulary): readonly string[] | undefined {
  const { acquires, asserts, lockedSuffix, types } = vocabulary;
  const managers = vocabulary.managers.map(completeManager);
  const isHidden = asserts.some(({ name }) => name === "default");
  if (types || isHidden || managers.some(({ openIsWrite }) => openIsWrite)) return undefined;
  const words = [
    lockedSuffix,
    ...acquires.map(({ handleType = "" }) => handleType),
    ...asserts.map(({ name }) => name.split(".").at(-1) ?? name),
    ...managers.flatMap(({ writes }) => writes),
  ];
  return [...new Set(words)].filter((word) => word !== "");
}

/** True if the text can import the export, or if that cannot be seen from the module's name. */
export function mentions(contains: Contains, { from, name }: ExportName): boolean {
  if (name === "default") return contains(isNamedElsewhere(from) ? fileNameOf(from) : from);
  return contains(name) && (isNamedElsewhere(from) || contains(from));
}

/** The names under which the text may write a file past its session manager. */
export function rawWordsOf(contains: Contains, { rawWrites }: Vocabulary): ReadonlySet<string> {
  return new Set(rawWrites.filter((spec) => mayWrite(contains, spec)).map(({ name }) => name));
}

function mayWrite(contains: Contains, spec: RawWriteSpec): boolean {
  if (spec.anyFile !== true) return mentions(contains, spec);
  return contains(fileSystemImport) && contains(spec.name);
}

/** One of these is part of whatever names a session file in the text. */
function fileNameHints(fileNames: readonly string[]): readonly string[] {
  // One search finds the usual name and the method's.
  const name = "sessionFile";
  return fileNames.includes(name)
    ? [".jsonl", name.slice(1), ...fileNames.filter((other) => other !== name)]
    : [".jsonl", fileGetter, ...fileNames];
}

const fileSystemImport = /["'`](?:node:)?fs(?:\/promises)?["'`]/;

function hasTag(text: string): boolean {
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    nearTag.lastIndex = at;
    if (nearTag.test(text)) return true;
  }
  return false;
}

/** Files of the project are imported by other paths than the setting's, and globals not at all. */
function isNamedElsewhere(from: string): boolean {
  return from.startsWith(".") || from === "globalThis";
}

/** What a text that mentions the export contains for sure, and is found quickly. */
function mainWordOf({ from, name }: ExportName): string {
  if (name === "default") return isNamedElsewhere(from) ? fileNameOf(from) : from;
  return isNamedElsewhere(from) || hasRare(name) ? name : from;
}

/** The part of a relative module name that every path to it ends with, up to the extension. */
function fileNameOf(from: string): string {
  return (from.split("/").at(-1) ?? from).replace(/\.[cm]?[jt]sx?$/, "");
}

/** The fewest words one of which is in every text that contains one of the given ones. */
function needlesOf(words: readonly string[]): readonly string[] {
  const shortest = [...new Set(words)].sort((left, right) => left.length - right.length);
  const needles: string[] = [];
  for (const word of shortest) {
    if (needles.some((needle) => word.includes(needle))) continue;
    const last = word.split("/").at(-1) ?? word;
    needles.push(word.startsWith("@") && last.length >= 8 ? last : word);
  }
  return needles;
}
