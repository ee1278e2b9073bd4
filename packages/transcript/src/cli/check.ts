import { repair } from "../repair.ts";
import type { RepairOptions, RepairResult } from "../repair.ts";
import type { Finding } from "../validate/finding.ts";
import { validate } from "../validate/validate.ts";
import type { ValidateOptions } from "../validate/validate.ts";
import { counted } from "./counted.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { toJson } from "./json.ts";
import { paint, plainLine, printAll } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Prints what is wrong with a session. */
export async function check(
  file: string,
  isJson: boolean,
  options: ValidateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const report = await validate(file, options);
  if (isJson) terminal.out(JSON.stringify({ file, ...report }));
  else {
    for (const finding of report.findings) terminal.out(findingText(finding, terminal));
    if (report.omitted > 0) terminal.out(`… and ${report.omitted} more`);
    const verdict = report.ok ? paint("green", "valid", terminal) : paint("red", "not valid", terminal);
    terminal.out(`${file}: ${verdict}, ${counted(report.entries, "entry", "entries")}`);
  }
  return report.ok ? exitCodes.ok : exitCodes.faults;
}

/** Prints what repair does, or would do. */
export async function mend(
  file: string,
  isJson: boolean,
  options: RepairOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { steps, ...done } = await repair(file, options);
  const { applied, backupFile, rejectedFile } = done;
  if (isJson) await printAll(toJson({ file, ...done }, steps, "steps"), terminal);
  else {
    await printAll(stepTexts(steps), terminal);
    if (steps.length === 0) terminal.out(`${file}: nothing to mend`);
    else if (applied) terminal.out(`${file}: mended`);
    else terminal.out(`${file}: not changed; --apply does it`);
    if (backupFile !== undefined) terminal.out(`as it was: ${backupFile}`);
    if (rejectedFile !== undefined) terminal.out(`taken out: ${rejectedFile}`);
  }
  return applied || steps.length === 0 ? exitCodes.ok : exitCodes.faults;
}

/** A file of noise has millions of steps. */
function* stepTexts(steps: RepairResult["steps"]): Generator<string> {
  for (const { line, code, message } of steps) yield `line ${line}  ${code}  ${plainLine(message)}\n`;
}

function findingText({ line, code, severity, message, fix }: Finding, terminal: Terminal): string {
  const where = line === undefined ? "file" : `line ${line}`;
  const what = paint(severity === "E" ? "red" : "yellow", `${severity} ${code}`, terminal);
  return `${where}  ${what}  ${plainLine(message)} (${fix})`;
}
