import { asIoError, TranscriptError } from "../errors.ts";
import { readSpill, spillBeside } from "../spill/spill-file.ts";
import { validate } from "../validate/validate.ts";
import type { ValidateOptions } from "../validate/validate.ts";
import { counted } from "./counted.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { sessionFilesBelow } from "./session-files.ts";
import { paint, plainLine } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

type Health =
  | {
      readonly state: "healthy" | "warnings" | "faults";
      readonly file: string;
      readonly entries: number;
      /** How often each rule is not met. */
      readonly codes: Readonly<Record<string, number>>;
      /** Appends in the spill file beside it, for which the disk had no room. */
      readonly waiting: number;
    }
  | { readonly state: "unreadable"; readonly file: string; readonly problem: string };

/** Validates every session file below a folder, one after the other, and sums up. Writes nothing. */
export async function doctor(
  folder: string,
  isJson: boolean,
  options: ValidateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { files, closed } = sessionFilesBelow(folder);
  const totals = {
    sessions: 0,
    healthy: 0,
    warnings: 0,
    faults: 0,
    unreadable: 0,
    waiting: 0,
    closedFolders: closed.length,
  };
  const codes = new Map<string, number>();
  const tell = (health: Health) => {
    if (isJson) terminal.out(JSON.stringify(health));
    else if (health.state === "faults" || health.state === "unreadable") terminal.out(line(health, terminal));
    if (!isJson && health.state !== "unreadable" && health.waiting > 0)
      terminal.out(
        `${paint("yellow", "waiting", terminal)}  ${plainLine(health.file)}  ${toBeBroughtHome(health.waiting)}`,
      );
  };
  for (const { folder: file, problem } of closed) tell({ state: "unreadable", file, problem });
  for (const file of files) {
    terminal.stop.throwIfAborted();
    terminal.progress?.(bar(totals.sessions, files.length));
    const health = await examine(file, options);
    totals.sessions += 1;
    totals[health.state] += 1;
    if (health.state !== "unreadable") {
      totals.waiting += health.waiting;
      for (const [code, count] of Object.entries(health.codes))
        codes.set(code, (codes.get(code) ?? 0) + count);
    }
    // The bar stands where the line will be.
    terminal.progress?.("");
    tell(health);
  }
  const findings = Object.fromEntries([...codes].sort(([, a], [, b]) => b - a));
  terminal.out(isJson ? JSON.stringify({ ...totals, findings }) : summary(totals, findings));
  return totals.faults + totals.unreadable + closed.length === 0 ? exitCodes.ok : exitCodes.faults;
}

async function examine(file: string, options: ValidateOptions): Promise<Health> {
  try {
    const { ok, findings, entries } = await validate(file, options);
    const codes: Record<string, number> = {};
    for (const { code } of findings) codes[code] = (codes[code] ?? 0) + 1;
    const state = ok ? (findings.length === 0 ? "healthy" : "warnings") : "faults";
    const spill = spillBeside(file);
    return { state, file, entries, codes, waiting: spill === undefined ? 0 : readSpill(spill).length };
  } catch (error) {
    // One file that cannot be read is a finding about that file; the others are examined all the same.
    const problem = asIoError(error, "read", file);
    if (problem instanceof TranscriptError) return { state: "unreadable", file, problem: problem.message };
    throw error;
  }
}

function line(health: Health, terminal: Terminal): string {
  const what =
    health.state === "unreadable" ? plainLine(health.problem) : Object.keys(health.codes).join(" ");
  return `${paint("red", health.state, terminal)}  ${plainLine(health.file)}  ${what}`;
}

function toBeBroughtHome(waiting: number): string {
  return `${counted(waiting, "append")} in the spill file, until the next append`;
}

function bar(done: number, total: number): string {
  const width = 30;
  const filled = Math.round((done / total) * width);
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}] ${done}/${total}`;
}

interface Totals {
  readonly sessions: number;
  readonly healthy: number;
  readonly warnings: number;
  readonly faults: number;
  readonly unreadable: number;
  readonly waiting: number;
  readonly closedFolders: number;
}

function summary(totals: Totals, findings: Readonly<Record<string, number>>): string {
  const { sessions, healthy, warnings, faults, unreadable, waiting, closedFolders } = totals;
  const found = Object.entries(findings).map(([code, count]) => `${code} ×${count}`);
  return [
    `${counted(sessions, "session")}: ${healthy} healthy, ${warnings} with warnings, ${faults} with faults, ${unreadable} unreadable`,
    ...(closedFolders === 0 ? [] : [`${counted(closedFolders, "folder")} could not be looked into`]),
    ...(waiting === 0 ? [] : [`${counted(waiting, "append")} waiting in spill files`]),
    ...(found.length === 0 ? [] : [`findings: ${found.join(", ")}`]),
  ].join("\n");
}
