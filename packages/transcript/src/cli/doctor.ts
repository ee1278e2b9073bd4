import { readdirSync } from "node:fs";
import path from "node:path";
import { TranscriptError } from "../errors.ts";
import { validate } from "../validate/validate.ts";
import type { ValidateOptions } from "../validate/validate.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { paint } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

type Health =
  | {
      readonly state: "healthy" | "warnings" | "faults";
      readonly file: string;
      readonly entries: number;
      /** How often each rule is not met. */
      readonly codes: Readonly<Record<string, number>>;
    }
  | { readonly state: "unreadable"; readonly file: string; readonly problem: string };

/** Validates every session file below a folder, one after the other, and sums up. Writes nothing. */
export async function doctor(
  folder: string,
  isJson: boolean,
  options: ValidateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .sort();
  const totals = { sessions: 0, healthy: 0, warnings: 0, faults: 0, unreadable: 0 };
  const codes = new Map<string, number>();
  for (const name of files) {
    terminal.stop.throwIfAborted();
    const health = await examine(path.join(folder, name), options);
    totals.sessions += 1;
    totals[health.state] += 1;
    if (health.state !== "unreadable") {
      for (const [code, count] of Object.entries(health.codes))
        codes.set(code, (codes.get(code) ?? 0) + count);
    }
    if (isJson) terminal.out(JSON.stringify(health));
    else if (health.state === "faults" || health.state === "unreadable") terminal.out(line(health, terminal));
    terminal.progress?.(bar(totals.sessions, files.length));
  }
  terminal.progress?.("");
  const findings = Object.fromEntries([...codes].sort(([, a], [, b]) => b - a));
  terminal.out(isJson ? JSON.stringify({ ...totals, findings }) : summary(totals, findings));
  return totals.faults + totals.unreadable === 0 ? exitCodes.ok : exitCodes.faults;
}

async function examine(file: string, options: ValidateOptions): Promise<Health> {
  try {
    const { ok, findings, entries } = await validate(file, options);
    const codes: Record<string, number> = {};
    for (const { code } of findings) codes[code] = (codes[code] ?? 0) + 1;
    const state = ok ? (findings.length === 0 ? "healthy" : "warnings") : "faults";
    return { state, file, entries, codes };
  } catch (error) {
    // One file that cannot be read is a finding about that file; the others are examined all the same.
    if (error instanceof TranscriptError) return { state: "unreadable", file, problem: error.message };
    throw error;
  }
}

function line(health: Health, terminal: Terminal): string {
  const what = health.state === "unreadable" ? health.problem : Object.keys(health.codes).join(" ");
  return `${paint("red", health.state, terminal)}  ${health.file}  ${what}`;
}

function bar(done: number, total: number): string {
  const width = 30;
  const filled = Math.round((done / total) * width);
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}] ${done}/${total}`;
}

function summary(
  { sessions, healthy, warnings, faults, unreadable }: Readonly<Record<string, number>>,
  findings: Readonly<Record<string, number>>,
): string {
  const counted = Object.entries(findings).map(([code, count]) => `${code} ×${count}`);
  return [
    `${sessions} sessions: ${healthy} healthy, ${warnings} with warnings, ${faults} with faults, ${unreadable} unreadable`,
    ...(counted.length === 0 ? [] : [`findings: ${counted.join(", ")}`]),
  ].join("\n");
}
