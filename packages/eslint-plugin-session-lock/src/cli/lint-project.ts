import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Node } from "../analysis/syntax.ts";
import type { ConfigName } from "../configs.ts";
import { findingsIn } from "../findings.ts";
import { plugin } from "../plugin.ts";
import type { SessionLockSettings } from "../settings.ts";
import type { Summaries } from "../summaries.ts";
import { termsOf, type Terms } from "../terms.ts";
import { Fingerprints } from "./fingerprint.ts";
import { FileLinter } from "./file-linter.ts";
import { LintError, messageOf } from "./lint-error.ts";
import { Learner, type Readable } from "./learn.ts";
import type { ReportedFinding, Trouble } from "./report.ts";
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

/** Reads every file for what it exports, and lints those that have to do with locks with what was learned of all. */
export async function lintProject(run: LintRun): Promise<LintResult> {
  const { cwd, files, settings, onProgress } = run;
  const linter = new FileLinter(cwd);
  const learner = new Learner(linter, cwd, settings, (known) => readTerms(known, cwd));
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
    learner.add({ file, text }, source);
  }
  const summaries = await learner.finish();
  const known = learner.settingsWith(summaries);
  const { lookAt } = readTerms(known, cwd);
  const findings: ReportedFinding[] = [];
  for (const [index, { file, text }] of readable.entries()) {
    onProgress(files.length + index, 2 * files.length);
    if (!lookAt(text).mayReport && !tagLike.test(text)) continue;
    findings.push(...(await lintFile(linter, { ...run, settings: known }, { file, text })));
  }
  return { findings, troubles, summaries };
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

function readTerms(settings: SessionLockSettings, cwd: string): Terms {
  try {
    return termsOf(settings, noOptions, cwd);
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
