import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hasCode, LintError, messageOf } from "./lint-error.ts";
import type { ReportedFinding } from "./report.ts";

/** A finding that was there when the project began to lint. */
export interface BaselineEntry {
  readonly fingerprint: string;
  readonly file: string;
  readonly rule: string;
}

/** The findings, those of the baseline marked, and what of the baseline is left. */
export interface Comparison {
  readonly findings: readonly ReportedFinding[];
  readonly kept: readonly BaselineEntry[];
  readonly gone: number;
}

/** `undefined` if there is no such file. Throws `LintError` BAD_BASELINE for a file of another form. */
export async function readBaseline(file: string): Promise<readonly BaselineEntry[] | undefined> {
  try {
    return parseBaseline(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new LintError("BAD_BASELINE", `the baseline ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

export function compareWithBaseline(
  findings: readonly ReportedFinding[],
  entries: readonly BaselineEntry[],
): Comparison {
  const known = new Set(entries.map(({ fingerprint }) => fingerprint));
  const found = new Set(findings.map(({ fingerprint }) => fingerprint));
  const kept = entries.filter(({ fingerprint }) => found.has(fingerprint));
  return {
    findings: findings.map((finding) => ({ ...finding, isKnown: known.has(finding.fingerprint) })),
    kept,
    gone: entries.length - kept.length,
  };
}

/** Replaces the file as a whole, so that an interrupted run leaves the old one. */
export async function writeBaseline(file: string, entries: readonly BaselineEntry[]): Promise<void> {
  const findings = entries.map(({ file: where, rule, fingerprint }) => ({ file: where, rule, fingerprint }));
  await replaceFile(file, `${JSON.stringify({ version: 1, findings }, undefined, 2)}\n`);
}

export async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw new LintError("IO", `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function parseBaseline(value: unknown): readonly BaselineEntry[] {
  const isForm = typeof value === "object" && value !== null && "version" in value && value.version === 1;
  const findings: unknown = isForm && "findings" in value ? value.findings : undefined;
  if (!Array.isArray(findings) || !findings.every(isEntry)) throw new Error("it is no baseline of version 1");
  return findings;
}

function isEntry(value: unknown): value is BaselineEntry {
  return (
    typeof value === "object" &&
    value !== null &&
    "fingerprint" in value &&
    typeof value.fingerprint === "string" &&
    "file" in value &&
    typeof value.file === "string" &&
    "rule" in value &&
    typeof value.rule === "string"
  );
}
