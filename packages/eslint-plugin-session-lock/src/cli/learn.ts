import path from "node:path";
import type { TSESLint } from "@typescript-eslint/utils";
import { indexVocabulary } from "../analysis/api-index.ts";
import { inferExports, type ModuleExports } from "../analysis/infer-exports.ts";
import { moduleNames } from "../findings.ts";
import type { SessionLockSettings } from "../settings.ts";
import { mergeSummaries, readSummaries, type Summaries } from "../summaries.ts";
import type { Terms } from "../terms.ts";
import type { FileLinter } from "./file-linter.ts";
import { summarize } from "./summarize.ts";

/** A file that can be parsed. */
export interface Readable {
  /** Absolute. */
  readonly file: string;
  readonly text: string;
}

/**
 * What a function does may rest on what one of another file does, which rests on a third. Longer chains end here: what
 * is not known by then is unknown code.
 */
const maxRounds = 8;

/** Learns, file by file, what the functions and classes of a project do for those who import them. */
export class Learner {
  readonly #linter: FileLinter;
  readonly #cwd: string;
  readonly #settings: SessionLockSettings;
  readonly #termsOf: (settings: SessionLockSettings) => Terms;
  readonly #files = new Map<string, Readable>();
  readonly #modules = new Map<string, ModuleExports>();

  constructor(
    linter: FileLinter,
    cwd: string,
    settings: SessionLockSettings,
    termsOf: (settings: SessionLockSettings) => Terms,
  ) {
    this.#linter = linter;
    this.#cwd = cwd;
    this.#settings = settings;
    this.#termsOf = termsOf;
  }

  /** Reads a file for the first time, when nothing is known yet of the others. */
  add(readable: Readable, source: Readonly<TSESLint.SourceCode>): void {
    const module = this.#moduleOf(readable.file);
    this.#files.set(module, readable);
    this.#learn(module, readable, source, this.#termsOf(this.#settings));
  }

  /** Looks again at the files that import something of which more is known now, until nothing new is learned. */
  async finish(): Promise<Summaries> {
    let changed = new Set(
      [...this.#modules].filter(([, exports]) => isWorthKnowing(exports)).map(([name]) => name),
    );
    for (let round = 0; round < maxRounds && changed.size > 0; round += 1) {
      const terms = this.#termsOf(this.settingsWith(this.#summaries()));
      const spread = this.#handingOn(changed);
      changed = new Set();
      for (const [module, readable] of this.#files) {
        const known = this.#modules.get(module);
        const isConcerned = [...(known?.imports ?? [])].some((name) => spread.has(name));
        if (!isConcerned) continue;
        const { source } = await this.#linter.lint(readable.file, readable.text);
        if (source !== undefined && this.#learn(module, readable, source, terms)) changed.add(module);
      }
    }
    return this.#summaries();
  }

  /** The settings of the project, with what was learned. */
  settingsWith(summaries: Summaries): SessionLockSettings {
    const given = readSummaries(this.#settings.summaries);
    return { ...this.#settings, summaries: mergeSummaries(given, summaries) };
  }

  /** True if it brought something new. */
  #learn(
    module: string,
    { file, text }: Readable,
    source: Readonly<TSESLint.SourceCode>,
    { vocabulary, lookAt }: Terms,
  ): boolean {
    const { ast, scopeManager, visitorKeys } = source;
    if (scopeManager === null) return false;
    const tree = { ast, text, comments: source.getAllComments(), scopeManager, visitorKeys };
    const names = moduleNames({ cwd: this.#cwd, filename: file });
    const exports = inferExports({ ...tree, ...names }, vocabulary, lookAt(text).hasApi);
    const before = this.#modules.get(module);
    for (const name of namesOf(module)) this.#modules.set(name, exports);
    return before === undefined || textOf(before) !== textOf(exports);
  }

  #summaries(): Summaries {
    const { vocabulary } = this.#termsOf(this.#settings);
    const find = indexVocabulary(vocabulary, moduleNames({ cwd: this.#cwd, filename: "." }).resolveSetting);
    return summarize(this.#modules, this.#cwd, ({ from, name }) => find(from, name) !== undefined);
  }

  /** The modules from which one gets something of the given ones. */
  #handingOn(modules: ReadonlySet<string>): ReadonlySet<string> {
    const found = new Set([...modules].flatMap(namesOf));
    for (let size = -1; size < found.size;) {
      size = found.size;
      for (const [name, { all, handedOn }] of this.#modules) {
        const sources = [...all, ...[...handedOn.values()].map(({ from }) => from)];
        if (sources.some((from) => found.has(from))) found.add(name);
      }
    }
    return found;
  }

  #moduleOf(file: string): string {
    const { resolveImport } = moduleNames({ cwd: this.#cwd, filename: file });
    return resolveImport(`./${path.basename(file)}`);
  }
}

/** The paths that imports of a module resolve to: a folder stands for its index. */
function namesOf(module: string): readonly string[] {
  return path.basename(module) === "index" ? [module, path.dirname(module)] : [module];
}

function isWorthKnowing({ contracts, managers }: ModuleExports): boolean {
  return contracts.size > 0 || managers.size > 0;
}

function textOf({ contracts, managers }: ModuleExports): string {
  return JSON.stringify([[...contracts], [...managers]]);
}
