import { groupBy } from "../analysis/group.ts";
import type { Report, ReportedFinding } from "./report.ts";

type Paint = (text: string) => string;

/** The report for people: by file, what is new, and how much the baseline knows. */
export function toText(report: Report, hasColours: boolean): string {
  const paint = (code: number): Paint =>
    hasColours ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text;
  const [red, yellow, faint, underlined] = [paint(31), paint(33), paint(2), paint(4)];
  const fresh = report.findings.filter(({ isKnown }) => !isKnown);
  const lines = report.troubles.map(
    ({ file, line, column, message }) => `${red("cannot read")} ${file}:${line}:${column}  ${message}`,
  );
  for (const group of groupBy(fresh, ({ file }) => file)) {
    lines.push("", underlined(group[0]?.file ?? ""));
    for (const { line, column, severity, message, rule } of group) {
      const level = severity === "error" ? red("error") : yellow("warning");
      lines.push(`  ${faint(`${line}:${column}`)}  ${level}  ${message}  ${faint(rule)}`);
    }
  }
  return [...lines, ...(lines.length === 0 ? [] : [""]), summarize(report, fresh)].join("\n");
}

function summarize({ files, findings, gone, troubles }: Report, fresh: readonly ReportedFinding[]): string {
  const errors = fresh.filter(({ severity }) => severity === "error").length;
  const known = findings.length - fresh.length;
  const parts = [
    `${count(files, "file")}: ${count(errors, "error")}, ${count(fresh.length - errors, "warning")}`,
    ...(known > 0 ? [`${known} known to the baseline`] : []),
    ...(gone > 0
      ? [`${count(gone, "entry", "entries")} of the baseline gone: --update-baseline removes them`]
      : []),
    ...(troubles.length > 0 ? [`${count(troubles.length, "file")} could not be read`] : []),
  ];
  return parts.join("; ");
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
