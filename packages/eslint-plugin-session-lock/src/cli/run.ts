import { readFile } from "node:fs/promises";
import path from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import type { SessionLockSettings } from "../settings.ts";
import {
  compareWithBaseline,
  readBaseline,
  replaceFile,
  writeBaseline,
  type Comparison,
} from "./baseline.ts";
import { findSettingsProblem } from "../check-settings.ts";
import { parseCommandLine, type CommandLine } from "./command-line.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";
import { findFiles } from "./find-files.ts";
import { help } from "./help.ts";
import { LintError, messageOf } from "./lint-error.ts";
import { lintProject, type LintResult } from "./lint-project.ts";
import type { Report } from "./report.ts";
import { toSarif } from "./sarif.ts";
import { toText } from "./stylish.ts";

/** The terminal and the folder, as the command sees them. */
export interface Surroundings {
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly hasColours: boolean;
  readonly onProgress: (done: number, all: number) => void;
}

type LintCommand = Extract<CommandLine, { kind: "lint" }>;

/** Runs one command line. What goes wrong as expected is said on `err`; only bugs reject. */
export async function runCommand(argv: readonly string[], around: Surroundings): Promise<ExitCode> {
  try {
    const command = parseCommandLine(argv);
    if (command.kind === "lint") return await lint(command, around);
    around.out(command.kind === "help" ? help : packageJson.version);
    return exitCodes.clean;
  } catch (error) {
    if (!(error instanceof LintError)) throw error;
    around.err(`session-lock-lint: ${error.message}${error.code === "USAGE" ? `\n\n${help}` : ""}`);
    return exitCodes.trouble;
  }
}

async function lint(command: LintCommand, around: Surroundings): Promise<ExitCode> {
  const { cwd, onProgress } = around;
  const files = await findFiles(cwd, command.patterns);
  const settings =
    command.settings === undefined ? {} : await readSettings(path.resolve(cwd, command.settings));
  const result = await lintProject({ cwd, files, config: command.config, settings, onProgress });
  onProgress(files.length, files.length);
  if (command.summaries !== undefined) {
    const text = `${JSON.stringify(result.summaries, undefined, 2)}\n`;
    await replaceFile(path.resolve(cwd, command.summaries), text);
  }
  const { findings, gone } = await compare(command, cwd, result);
  const report: Report = { files: files.length, findings, troubles: result.troubles, gone };
  const text = format(command, report, around);
  if (command.output === undefined) around.out(text);
  else await replaceFile(path.resolve(cwd, command.output), `${text}\n`);
  if (report.troubles.length > 0) return exitCodes.trouble;
  return findings.some(({ isKnown }) => !isKnown) ? exitCodes.findings : exitCodes.clean;
}

/** A baseline that is there is only ever made smaller. */
async function compare(command: LintCommand, cwd: string, { findings }: LintResult): Promise<Comparison> {
  if (command.baseline === undefined) return compareWithBaseline(findings, []);
  const file = path.resolve(cwd, command.baseline);
  const entries = await readBaseline(file);
  if (entries === undefined) {
    if (!command.isUpdating) {
      throw new LintError(
        "BAD_BASELINE",
        `there is no baseline ${command.baseline}; --update-baseline creates it`,
      );
    }
    await writeBaseline(file, findings);
    return compareWithBaseline(findings, findings);
  }
  const comparison = compareWithBaseline(findings, entries);
  if (!command.isUpdating || comparison.gone === 0) return comparison;
  await writeBaseline(file, comparison.kept);
  return { ...comparison, gone: 0 };
}

function format(command: LintCommand, report: Report, { hasColours }: Surroundings): string {
  switch (command.format) {
    case "stylish":
      return toText(report, hasColours && command.output === undefined);
    case "json":
      return JSON.stringify(report, undefined, 2);
    case "sarif":
      return toSarif(report);
  }
}

async function readSettings(file: string): Promise<SessionLockSettings> {
  const settings = await readJson(file);
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new LintError("BAD_SETTINGS", `the settings ${file} are no JSON object`);
  }
  const problem = findSettingsProblem(settings);
  if (problem !== undefined) throw new LintError("BAD_SETTINGS", `the settings ${file}: ${problem}`);
  return settings;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new LintError("BAD_SETTINGS", `the settings ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
