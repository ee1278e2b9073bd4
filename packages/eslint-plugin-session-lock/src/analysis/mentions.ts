import { methodWords, type ExportName, type Vocabulary } from "./vocabulary.ts";

/** A quick look at the text: false means that no report is possible. */
export type Mentions = (text: string) => boolean;

/** One of these is part of every annotation's name. */
const annotationMarks: readonly string[] = ["-session-lock", "@session-lock-wrapper", "@owns-session-file"];

/**
 * Prepares the look for one vocabulary. Most files fail the first step, which costs one short search per needle: the
 * needles are what must stand in the text, whatever else has to.
 */
export function compileMentions(vocabulary: Vocabulary): Mentions {
  const { managers, acquires, wrappers, mutexes, contracts, aliases, rawWrites } = vocabulary;
  const sinks = rawWrites.filter((spec) => spec.anyFile !== true);
  const specs = [...managers, ...acquires, ...wrappers, ...mutexes, ...contracts, ...aliases, ...sinks];
  const methods = methodWords(vocabulary);
  const hints = fileNameHints(vocabulary.fileNames);
  const search = needlesOf([...annotationMarks, ...methods, ...specs.map(mainWordOf), ...hints]).map(
    compileSearch,
  );
  return (text) => {
    if (!search.some((isIn) => isIn(text))) return false;
    if ([...annotationMarks, ...methods].some((mark) => text.includes(mark))) return true;
    if (specs.some((spec) => mentions(text, spec))) return true;
    return hints.some((hint) => text.includes(hint)) && rawWordsOf(text, vocabulary).size > 0;
  };
}

/** True if the text can import the export, or if that cannot be seen from the module's name. */
export function mentions(text: string, { from, name }: ExportName): boolean {
  const isNamed = name === "default" || text.includes(name);
  return isNamed && (isNamedElsewhere(from) || text.includes(from));
}

/** The names under which the text may write a file past its session manager. */
export function rawWordsOf(text: string, { rawWrites }: Vocabulary): ReadonlySet<string> {
  const isImported = importsFileSystem(text);
  const used = rawWrites.filter((spec) =>
    spec.anyFile === true ? isImported && text.includes(spec.name) : mentions(text, spec),
  );
  return new Set(used.map(({ name }) => name));
}

/** One of these is part of whatever names a session file in the text. */
export function fileNameHints(fileNames: readonly string[]): readonly string[] {
  return [".jsonl", ...fileNames];
}

function importsFileSystem(text: string): boolean {
  return /["'](?:node:)?fs(?:\/promises)?["']/.test(text);
}

/** Files of the project are imported by other paths than the setting's, and globals not at all. */
function isNamedElsewhere(from: string): boolean {
  return from.startsWith(".") || from === "globalThis";
}

/** What a text that mentions the export contains for sure. */
function mainWordOf({ from, name }: ExportName): string {
  if (!isNamedElsewhere(from)) return from;
  return name === "default" ? fileNameOf(from) : name;
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

/**
 * Looks for a few characters of the needle first. Engines look for short strings by their first character, at the
 * speed of memory if it is a rare one, as a capital in the middle of a word is.
 */
function compileSearch(needle: string): Mentions {
  let rarest = 0;
  for (let at = 1; at < needle.length - 2; at += 1) {
    if (rarityOf(needle[at]) > rarityOf(needle[rarest])) rarest = at;
  }
  const anchor = needle.slice(rarest, rarest + 5);
  return anchor === needle
    ? (text) => text.includes(needle)
    : (text) => text.includes(anchor) && text.includes(needle);
}

/** The characters of source text, the most frequent first; others, capitals among them, are rarer still. */
const frequent = " etrnaosilcdpumfhg.y()bv,;=w-kx\"'/@_:{}j";

function rarityOf(character: string | undefined): number {
  const index = character === undefined ? 0 : frequent.indexOf(character);
  return index === -1 ? frequent.length : index;
}
