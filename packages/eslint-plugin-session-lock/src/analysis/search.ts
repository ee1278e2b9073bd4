/** Whether a word, or what a pattern matches, stands in a text. */
export type Contains = (what: string | RegExp) => boolean;

/** Looks for words in one text. None is looked for twice, nor if a part of it is known to be missing. */
export function searchIn(text: string): Contains {
  const known = new Map<string | RegExp, boolean>();
  const missing: string[] = [];
  return (what) => {
    const answer = known.get(what);
    if (answer !== undefined) return answer;
    const isThere =
      typeof what === "string"
        ? !missing.some((part) => what.includes(part)) && find(text, needleFor(what)) !== -1
        : what.test(text);
    known.set(what, isThere);
    if (!isThere && typeof what === "string") missing.push(what);
    return isThere;
  };
}

/** A word, and the part of it that is looked for. */
export interface Needle {
  readonly word: string;
  readonly anchor: string;
  /** How many characters of the word stand in front of the anchor. */
  readonly before: number;
}

const needles = new Map<string, Needle>();

/** The needle for a word of the vocabulary, which is made once. */
export function needleFor(word: string): Needle {
  const known = needles.get(word);
  if (known !== undefined) return known;
  const needle = makeNeedle(word);
  needles.set(word, needle);
  return needle;
}

/**
 * Prepares the quickest search for one word. Engines find a character at the speed of memory, and that is how they find
 * a short string: so the word is looked for from its rarest character on, if that is rare enough.
 */
export function makeNeedle(word: string): Needle {
  if (!hasRare(word)) return { word, anchor: word, before: 0 };
  const before = rarestIn(word);
  return { word, anchor: word.slice(before, before + anchorLength), before };
}

/** Where the needle's word stands in a text at or after a position; -1 if it does not. */
export function find(text: string, { word, anchor, before }: Needle, from = 0): number {
  for (let at = text.indexOf(anchor, from + before); at !== -1; at = text.indexOf(anchor, at + 1))
    if (text.startsWith(word, at - before)) return at - before;
  return -1;
}

/**
 * Whether one of the words stands in a text. It runs once for a file, after the parser, so the caches are cold: a call
 * for each needle would cost as much again as the searches.
 */
export function hasAny(text: string, all: readonly Needle[]): boolean {
  for (const { word, anchor, before } of all)
    for (let at = text.indexOf(anchor, before); at !== -1; at = text.indexOf(anchor, at + 1))
      if (text.startsWith(word, at - before)) return true;
  return false;
}

/** Longer strings are found by tables, which take longer to make than a usual file takes to search. */
const anchorLength = 5;

/** True if the word has a character that source text seldom has. */
export function hasRare(word: string): boolean {
  return rarityOf(word[rarestIn(word)]) >= rare;
}

function rarestIn(word: string): number {
  let rarest = 0;
  for (let at = 1; at < word.length; at += 1) {
    if (rarityOf(word[at]) > rarityOf(word[rarest])) rarest = at;
  }
  return rarest;
}

/** The characters of source text, the most frequent first; others are rarer still. */
const frequent =
  " etnraos\"icldup.\nm:-(),gAfh}{|by=wk[];v/x?C*E_'ISBT0#RDPFM1>NqLjOQ2+^<!$U`84G3H9z6&57WVK@YZJX%~";
const rare = frequent.indexOf("k");

function rarityOf(character: string | undefined): number {
  const index = character === undefined ? 0 : frequent.indexOf(character);
  return index === -1 ? frequent.length : index;
}
