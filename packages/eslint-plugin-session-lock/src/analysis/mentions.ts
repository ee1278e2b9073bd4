import { methodWords, type ExportName, type Vocabulary } from "./vocabulary.ts";

/** Whether a word, or what a pattern matches, stands in a text. */
export type Contains = (what: string | RegExp) => boolean;

/** What a quick look at a text says of it. */
export interface Look {
  /** False: the analysis has nothing to report. */
  readonly mayReport: boolean;
  /** True if a part of some tag, of what is nearly one, or of the name of a rule stands in it. */
  readonly isMarked: boolean;
}

const nothing: Look = { mayReport: false, isMarked: false };

/** Is part of every tag, of those that are nearly one, and of the names of the rules. */
const mark = /session-?(?:lock|file)|lock-session/;

/** Words that the mark matches. */
const marks: readonly string[] = ["session-lock", "session-file"];

/** One of these is part of every annotation's name. */
const annotationMarks: readonly string[] = ["-session-lock", "@session-lock-wrapper", "@owns-session-file"];

/**
 * Prepares the look for one vocabulary. Most files fail the first step: it looks for the few needles one of which is
 * in the text, whatever else has to be.
 */
export function compileLook(vocabulary: Vocabulary): (text: string) => Look {
  const { managers, acquires, wrappers, mutexes, contracts, aliases, rawWrites } = vocabulary;
  const sinks = rawWrites.filter((spec) => spec.anyFile !== true);
  const specs = [...managers, ...acquires, ...wrappers, ...mutexes, ...contracts, ...aliases, ...sinks];
  const methods = methodWords(vocabulary);
  const hints = fileNameHints(vocabulary.fileNames);
  const named = specs.filter(({ from }) => !marks.some((part) => from.includes(part)));
  const hasNeedle = compileSearch(needlesOf([...methods, ...named.map(mainWordOf), ...hints]));
  return (text) => {
    if (!hasNeedle(text)) return nothing;
    const isMarked = mark.test(text);
    return { mayReport: mayReport(searchIn(text, isMarked ? [] : marks), isMarked), isMarked };
  };

  function mayReport(contains: Contains, isMarked: boolean): boolean {
    if (isMarked && annotationMarks.some(contains)) return true;
    if (methods.some(contains) || specs.some((spec) => mentions(contains, spec))) return true;
    return hints.some(contains) && rawWordsOf(contains, vocabulary).size > 0;
  }
}

/** Looks for words in one text. None is looked for twice, nor if a part of it is known to be missing. */
export function searchIn(text: string, absent: readonly string[] = []): Contains {
  const known = new Map<string | RegExp, boolean>();
  const missing = [...absent];
  return (what) => {
    const answer = known.get(what);
    if (answer !== undefined) return answer;
    const isThere =
      typeof what === "string"
        ? !missing.some((part) => what.includes(part)) && findWord(what)(text)
        : what.test(text);
    known.set(what, isThere);
    if (!isThere && typeof what === "string") missing.push(what);
    return isThere;
  };
}

/** True if the text can import the export, or if that cannot be seen from the module's name. */
export function mentions(contains: Contains, { from, name }: ExportName): boolean {
  if (name !== "default" && !contains(name)) return false;
  return isNamedElsewhere(from) || contains(from);
}

/** The names under which the text may write a file past its session manager. */
export function rawWordsOf(contains: Contains, { rawWrites }: Vocabulary): ReadonlySet<string> {
  const isImported = contains(fileSystemImport);
  const used = rawWrites.filter((spec) =>
    spec.anyFile === true ? isImported && contains(spec.name) : mentions(contains, spec),
  );
  return new Set(used.map(({ name }) => name));
}

/** One of these is part of whatever names a session file in the text. */
export function fileNameHints(fileNames: readonly string[]): readonly string[] {
  return [".jsonl", ...fileNames];
}

const fileSystemImport = /["'](?:node:)?fs(?:\/promises)?["']/;

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

/**
 * Looks for a mark or any of the needles. Engines find a short string by its first character, at the speed of memory if it is a
 * rare one, as a capital in the middle of a word is: needles with such a character are looked for from there. The
 * others are looked for all at once.
 */
function compileSearch(needles: readonly string[]): (text: string) => boolean {
  const anchored = needles.filter(hasRare).map(findWord);
  const plain = needles.filter((needle) => !hasRare(needle));
  const pattern = new RegExp([mark.source, ...plain.map(escapePattern)].join("|"));
  return (text) => pattern.test(text) || anchored.some((isIn) => isIn(text));
}

const searches = new Map<string, (text: string) => boolean>();

/** The quickest search for one word. */
function findWord(word: string): (text: string) => boolean {
  const known = searches.get(word);
  if (known !== undefined) return known;
  const search = hasRare(word) ? compileAnchored(word) : (text: string): boolean => text.includes(word);
  searches.set(word, search);
  return search;
}

function compileAnchored(needle: string): (text: string) => boolean {
  const rarest = rarestIn(needle);
  const anchor = needle.slice(rarest, rarest + 5);
  return (text) => {
    for (let at = text.indexOf(anchor); at !== -1; at = text.indexOf(anchor, at + 1)) {
      if (text.startsWith(needle, at - rarest)) return true;
    }
    return false;
  };
}

function hasRare(needle: string): boolean {
  return rarityOf(needle[rarestIn(needle)]) >= rare;
}

/** Where the rarest character stands that is followed by two others. */
function rarestIn(needle: string): number {
  let rarest = 0;
  for (let at = 1; at < needle.length - 2; at += 1) {
    if (rarityOf(needle[at]) > rarityOf(needle[rarest])) rarest = at;
  }
  return rarest;
}

/** The characters of source text, the most frequent first; others, capitals among them, are rarer still. */
const frequent = " etrnaosilcdpumfhg.y()bv,;=w-kx\"'/@_:{}j";
const rare = frequent.indexOf("j");

function rarityOf(character: string | undefined): number {
  const index = character === undefined ? 0 : frequent.indexOf(character);
  return index === -1 ? frequent.length : index;
}

/** A pattern that matches just the word. */
export function escapePattern(word: string): string {
  return word.replace(/[^\w]/g, "\\$&");
}
