import { readFile } from "node:fs/promises";
import path from "node:path";
import { readExports, type ModuleExports } from "../analysis/exports.ts";
import type { Node } from "../analysis/syntax.ts";
import { indexVocabulary } from "../analysis/api-index.ts";
import type { ConfigName } from "../configs.ts";
import { findingsIn, moduleNames } from "../findings.ts";
import { plugin } from "../plugin.ts";
import type { SessionLockSettings } from "../settings.ts";
import { readSummaries, type Summaries } from "../summaries.ts";
import { termsOf, type Terms } from "../terms.ts";
import { Fingerprints } from "./fingerprint.ts";
import { FileLinter } from "./file-linter.ts";
import { LintError, messageOf } from "./lint-error.ts";
import type { ReportedFinding, Trouble } from "./report.ts";
import { summarize } from "./summarize.ts";
import { witnessOf } from "./witness.ts";

export interface LintRun {
  readonly cwd: string;
  /** Absolute. */
  readonly files: readonly string[];
  readonly config: ConfigName;
  readonly settings: SessionLockSettings;
  readonly onProgress: (done: number, all: number) => void;
}

export interface LintResult {
  readonly findings: readonly ReportedFinding[];
  readonly troubles: readonly Trouble[];
  readonly summaries: Summaries;
}

/** Tags that may be meant for us, misspelt ones included. */
const tagLike = /@[\w-]*(?:session|lock)/i;

/** Reads every file once for what it exports, and those that have to do with locks once more for what they do. */
export async function lintProject(run: LintRun): Promise<LintResult> {
  const { cwd, files, settings, onProgress } = run;
  const linter = new FileLinter(cwd);
  const { vocabulary } = readTerms(settings);
  const project = new Map<string, ModuleExports>();
  const troubles: Trouble[] = [];
  const readable: Readable[] = [];
  for (const [index, file] of files.entries()) {
    onProgress(index, 2 * files.length);
    const text = await read(file);
    const { source, messages } = await linter.lint(file, text);
    if (source === undefined) {
      const { line = 1, column = 1, message = "it cannot be parsed" } = messages[0] ?? {};
      troubles.push({ file: relative(cwd, file), line, column, message });
      continue;
    }
    readable.push({ file, text });
    const { ast, scopeManager } = source;
    if (scopeManager === null) continue;
    const { resolveImport } = moduleNames({ cwd, filename: file });
    const tree = {
      ast,
      text,
      comments: source.getAllComments(),
      scopeManager,
      visitorKeys: source.visitorKeys,
    };
    const exports = readExports({ ...tree, resolveImport }, vocabulary.lockedSuffix);
    project.set(resolveImport(`./${path.basename(file)}`), exports);
  }
  const find = indexVocabulary(vocabulary, moduleNames({ cwd, filename: "." }).resolveSetting);
  const summaries = summarize(project, cwd, ({ from, name }) => find(from, name) !== undefined);
  const known = { ...settings, summaries: mergeSummaries(readSummaries(settings.summaries), summaries) };
  const { lookAt } = readTerms(known);
  const findings: ReportedFinding[] = [];
  for (const [index, { file, text }] of readable.entries()) {
    onProgress(files.length + index, 2 * files.length);
    if (!lookAt(text).mayReport && !tagLike.test(text)) continue;
    findings.push(...(await lintFile(linter, { ...run, settings: known }, { file, text })));
  }
  return { findings, troubles, summaries };
}

interface Readable {
  readonly file: string;
  readonly text: string;
}

async function lintFile(
  linter: FileLinter,
  { cwd, config, settings }: LintRun,
  { file, text }: Readable,
): Promise<readonly ReportedFinding[]> {
  const { rules, plugins } = plugin.configs[config];
  const { source, messages } = await linter.lint(file, text, {
    plugins,
    rules,
    settings: { "session-lock": settings },
  });
  if (source === undefined) return [];
  const known = findingsIn(source.ast);
  const textOf = (node: Node): string => text.slice(node.range[0], node.range[1]);
  const name = relative(cwd, file);
  const prints = new Fingerprints(name, text);
  return messages.flatMap((message) => {
    const [, rule] = /^session-lock\/(.+)$/.exec(message.ruleId ?? "") ?? [];
    if (rule === undefined) return [];
    const { line, column, messageId = "", severity } = message;
    const finding = known.find(
      ({ rule: other, message: id, node: { loc } }) =>
        other === rule && id === messageId && loc.start.line === line && loc.start.column + 1 === column,
    );
    const region = { line, column, endLine: message.endLine ?? line, endColumn: message.endColumn ?? column };
    return [
      {
        ...region,
        file: name,
        rule: `session-lock/${rule}`,
        messageId,
        message: message.message,
        severity: severity === 2 ? "error" : "warning",
        fingerprint: prints.of(`${rule} ${messageId}`, line),
        witness: finding === undefined ? [{ ...region, what: "here" }] : witnessOf(finding, textOf),
        isKnown: false,
      } satisfies ReportedFinding,
    ];
  });
}

function mergeSummaries(given: Summaries, own: Summaries): Summaries {
  return {
    version: 1,
    contracts: [...given.contracts, ...own.contracts],
    aliases: [...given.aliases, ...own.aliases],
  };
}

function readTerms(settings: SessionLockSettings): Terms {
  try {
    return termsOf(settings, noOptions);
  } catch (error) {
    throw new LintError("BAD_SETTINGS", messageOf(error), { cause: error });
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new LintError("IO", `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function relative(cwd: string, file: string): string {
  return path.relative(cwd, file).replaceAll("\\", "/");
}

const noOptions: SessionLockSettings = {};
