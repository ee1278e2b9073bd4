import { compileMentions, type Mentions } from "./analysis/mentions.ts";
import type { Vocabulary } from "./analysis/vocabulary.ts";
import { settingsProperties, vocabularyOf, type SessionLockSettings } from "./settings.ts";

/** What one set of settings comes to. It is made once and serves every file that is linted under them. */
export interface Terms {
  readonly vocabulary: Vocabulary;
  /** False: the file is of no interest to any rule. */
  readonly mayMention: Mentions;
}

const noSettings: SessionLockSettings = {};

/** By the shared settings, then by what the rule's options make of them; rules with equal settings share their terms. */
const known = new WeakMap<object, Map<string, Terms>>();
const byOptions = new WeakMap<object, WeakMap<object, Terms>>();

/** The terms for `settings["session-lock"]` and the options of one rule. Neither is read twice. */
export function termsOf(shared: unknown, options: SessionLockSettings): Terms {
  const settings: SessionLockSettings = typeof shared === "object" && shared !== null ? shared : noSettings;
  let ofSettings = byOptions.get(settings);
  if (ofSettings === undefined) {
    ofSettings = new WeakMap();
    byOptions.set(settings, ofSettings);
  }
  const terms = ofSettings.get(options);
  if (terms !== undefined) return terms;
  const made = internTerms(settings, options);
  ofSettings.set(options, made);
  return made;
}

function internTerms(settings: SessionLockSettings, options: SessionLockSettings): Terms {
  let ofSettings = known.get(settings);
  if (ofSettings === undefined) {
    ofSettings = new Map();
    known.set(settings, ofSettings);
  }
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => name in settingsProperties));
  const key = JSON.stringify(own);
  const terms = ofSettings.get(key);
  if (terms !== undefined) return terms;
  const vocabulary = vocabularyOf({ ...settings, ...own });
  const made: Terms = { vocabulary, mayMention: remember(compileMentions(vocabulary)) };
  ofSettings.set(key, made);
  return made;
}

/** The rules ask about one file after the other: the last answer is kept. */
function remember(look: Mentions): Mentions {
  let lastText: string | undefined;
  let lastAnswer = false;
  return (text) => {
    if (text !== lastText) {
      lastText = text;
      lastAnswer = look(text);
    }
    return lastAnswer;
  };
}
