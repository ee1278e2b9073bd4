import { resolve } from "node:path";
import { compileLook, type Look } from "./analysis/mentions.ts";
import type { Vocabulary } from "./analysis/vocabulary.ts";
import { findSettingsProblem } from "./check-settings.ts";
import { versionOf } from "./summaries.ts";
import { settingsProperties, vocabularyOf, type SessionLockSettings } from "./settings.ts";

/** What one set of settings comes to. It is made once and serves every file that is linted under them. */
export interface Terms {
  readonly vocabulary: Vocabulary;
  /** What a text that is linted may have for the rules. */
  readonly lookAt: (text: string) => Look;
}

const noSettings: SessionLockSettings = {};
const settingNames: ReadonlySet<string> = new Set(Object.keys(settingsProperties));

/** Terms, and the version of the file with the summaries that they were made of. */
interface KnownTerms extends Terms {
  readonly version: string;
}

/** By the shared settings, then by the settings among a rule's options; rules with equal ones share their terms. */
const known = new WeakMap<object, Map<string, KnownTerms>>();

/** The terms for `settings["session-lock"]` and the options of one rule, where the linter runs in the folder `cwd`. */
export function termsOf(shared: unknown, options: SessionLockSettings, cwd: string): Terms {
  const settings: SessionLockSettings = typeof shared === "object" && shared !== null ? shared : noSettings;
  let ofSettings = known.get(settings);
  if (ofSettings === undefined) {
    ofSettings = new Map<string, KnownTerms>();
    known.set(settings, ofSettings);
  }
  // ESLint makes new options for every file, so they are no key; most have no setting among them.
  const own = hasSetting(options) ? pickSettings(options) : noSettings;
  const key = own === noSettings ? cwd : `${cwd} ${JSON.stringify(own)}`;
  const given = own.summaries ?? settings.summaries;
  const summaries = typeof given === "string" ? resolve(cwd, given) : given;
  const version = versionOf(summaries);
  const terms = ofSettings.get(key);
  if (terms?.version === version) return terms;
  // ESLint checks the options of rules itself, but not what rules share.
  const problem = findSettingsProblem(settings);
  if (problem !== undefined) throw new Error(`settings["session-lock"] of the ESLint config: ${problem}.`);
  const vocabulary = vocabularyOf({ ...settings, ...own, ...(summaries === undefined ? {} : { summaries }) });
  const made: KnownTerms = { version, vocabulary, lookAt: remember(compileLook(vocabulary)) };
  ofSettings.set(key, made);
  return made;
}

function pickSettings(options: SessionLockSettings): SessionLockSettings {
  return Object.fromEntries(Object.entries(options).filter(([name]) => settingNames.has(name)));
}

function hasSetting(options: SessionLockSettings): boolean {
  for (const name in options) if (settingNames.has(name)) return true;
  return false;
}

/** The rules ask about one file after the other: the last answer is kept. */
function remember(look: Terms["lookAt"]): Terms["lookAt"] {
  let last: { readonly text: string; readonly look: Look } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, look: look(text) };
    return last.look;
  };
}
